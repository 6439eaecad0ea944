/** Downloads made visible: whatever modules need, before anything of them runs. */

import { join } from "node:path";
import { type CommandContext, CommandError } from "./command.ts";

/** What was downloaded. */
export interface Prefetched {
  readonly packages: number;
  /** What they take on the disk, in bytes. */
  readonly bytes: number;
}

/**
 * Downloads everything that the modules at `paths` import, and writes a line for each package as its download begins.
 *
 * @throws {CommandError} If something cannot be had; the text is Deno's own.
 */
export async function prefetch(paths: readonly string[], { terminal, signal }: CommandContext): Promise<Prefetched> {
  signal.throwIfAborted();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["cache", ...paths],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const abort = () => child.kill("SIGTERM");
  signal.addEventListener("abort", abort);
  const found: { name: string; version: string }[] = [];
  const rest: string[] = [];
  try {
    for await (const line of lines(child.stderr)) {
      const url = /^Download (\S+)$/.exec(line)?.[1];
      const named = url === undefined ? undefined : matchPackage(url);
      if (named !== undefined) {
        if (found.length === 0) terminal.out("Downloading what is needed, once:\n");
        found.push(named);
        terminal.out(`  ${named.name} ${named.version}\n`);
      } else if (url === undefined && line !== "") rest.push(line);
    }
    const { success } = await child.status;
    signal.throwIfAborted();
    if (!success) throw new CommandError(`Cannot download what is needed:\n${rest.join("\n")}`);
  } finally {
    signal.removeEventListener("abort", abort);
    await child.status;
  }
  return { packages: found.length, bytes: found.length === 0 ? 0 : await measure(found) };
}

/** Reads a package's name and version from its archive's address, `https://HOST/@scope/name/-/name-1.2.3.tgz`. */
export function matchPackage(url: string): { name: string; version: string } | undefined {
  const [path, file] = decodeURIComponent(url).split("/-/");
  const [scope, bare] = path?.split("/").slice(-2) ?? [];
  if (scope === undefined || !file?.startsWith(`${bare}-`) || !file.endsWith(".tgz")) return undefined;
  const version = file.slice(`${bare}-`.length, -".tgz".length);
  return { name: scope.startsWith("@") ? `${scope}/${bare}` : `${bare}`, version };
}

async function measure(packages: readonly { name: string; version: string }[]): Promise<number> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stderr: "null" }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  let bytes = 0;
  for await (const registry of Deno.readDir(npmCache)) {
    if (!registry.isDirectory) continue;
    for (const { name, version } of packages) bytes += await folderBytes(join(npmCache, registry.name, name, version));
  }
  return bytes;
}

async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory) bytes += await folderBytes(inner);
      else if (entry.isFile) bytes += (await Deno.lstat(inner)).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    const parts = (text + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    text = parts.pop() ?? "";
    yield* parts;
  }
  if (text !== "") yield text;
}
