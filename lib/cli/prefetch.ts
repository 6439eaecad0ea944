/** Downloads made visible: whatever programs need, before anything of them runs. */

import { fileURLToPath } from "node:url";
import { type CommandContext, CommandError } from "./command.ts";
import { measurePackages, type Package } from "./package_sizes.ts";

/** Where to find what the names mean. */
export interface PrefetchOptions {
  /** The folder of `deno.json`, `imports.json` and `deno.lock`. Default: this project. */
  readonly project?: URL;
}

const PROJECT = new URL("../../", import.meta.url);
const LARGE_BYTES = 10e6; // what is larger is named
const WORDS_CHARACTERS = 20; // "  123 packages so far: " leaves the rest of the line to the name

/** What a notebook's kernel runs, beside what the notebook itself needs. */
export const KERNEL_NEEDS = ["kernel/main.ts", "kernel/engine/bootstrap.ts", "levada"] as const;
/** The same with our own client of it, which `run` and `demo` use. */
export const RUN_NEEDS = ["lib/cli/execute.ts", ...KERNEL_NEEDS] as const;
/** What serving a function runs, beside what its module needs. */
export const SERVE_NEEDS = ["lib/cli/serving/serve_module.ts"] as const;
/** The same with gRPC. */
export const SERVE_GRPC_NEEDS = [...SERVE_NEEDS, "@grpc/grpc-js", "@bufbuild/protobuf/wire"] as const;
/** What telemetry loads where OpenTelemetry is set up. */
export const TRACING_NEEDS = ["@opentelemetry/api"] as const;

/**
 * Downloads what is needed and is not there yet, at the versions of `imports.json`, held against `deno.lock`; says so, and how
 * much it was.
 *
 * @param needs Modules as paths below the project, and packages by their names in `imports.json`.
 * @throws {CommandError} If something cannot be had; the text is Deno's own.
 */
export async function prefetch(
  needs: readonly string[],
  { terminal, signal }: CommandContext,
  { project = PROJECT }: PrefetchOptions = {},
): Promise<void> {
  signal.throwIfAborted();
  const start = performance.now();
  const [config, lock] = ["deno.json", "deno.lock"].map((name) => fileURLToPath(new URL(name, project)));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["cache", "--config", config!, "--lock", lock!, ...await resolveNeeds(needs, project)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const abort = () => child.kill("SIGTERM");
  signal.addEventListener("abort", abort);
  const found: Package[] = [];
  const rest: string[] = [];
  try {
    for await (const line of lines(child.stderr)) {
      const url = /^Download (\S+)$/.exec(line)?.[1];
      const named = url === undefined ? undefined : matchPackage(url);
      if (named !== undefined) {
        if (found.length === 0) terminal.out("Downloading what is needed, this first time only …\n");
        found.push(named);
        if (terminal.isInteractive) terminal.out(soFar(found.length, named, terminal.columns));
      } else if (url === undefined && line !== "") rest.push(line);
    }
    const { success } = await child.status;
    signal.throwIfAborted();
    if (!success) throw new CommandError(`Cannot download what is needed:\n${rest.join("\n")}`);
  } finally {
    signal.removeEventListener("abort", abort);
    await child.status;
    if (found.length > 0 && terminal.isInteractive) terminal.out("\r\x1b[2K");
  }
  if (found.length === 0) return;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const [count, sizes] = [found.length, describeSizes(await measurePackages(found))];
  terminal.out(`Downloaded ${count} ${count === 1 ? "package" : "packages"} in ${seconds} s: ${sizes}.\n\n`);
}

/** Reads a package's name and version from its archive's address, `https://HOST/@scope/name/-/name-1.2.3.tgz`. */
export function matchPackage(url: string): Package | undefined {
  const [path, file] = decodeURIComponent(url).split("/-/");
  const [scope, bare] = path?.split("/").slice(-2) ?? [];
  if (scope === undefined || !file?.startsWith(`${bare}-`) || !file.endsWith(".tgz")) return undefined;
  const version = file.slice(`${bare}-`.length, -".tgz".length);
  return { name: scope.startsWith("@") ? `${scope}/${bare}` : `${bare}`, version };
}

/** Says what packages take on the disk, and names the large ones: `350 MB on the disk, of these onnxruntime-node 301 MB`. */
export function describeSizes(sizes: ReadonlyMap<string, number>): string {
  const all = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const large = [...sizes].filter(([, bytes]) => bytes >= LARGE_BYTES).sort(([, one], [, other]) => other - one);
  const named = large.map(([name, bytes]) => `${name} ${inMegabytes(bytes)}`).join(", ");
  return `${inMegabytes(all)} on the disk${named === "" ? "" : `, of these ${named}`}`;
}

function inMegabytes(bytes: number): string {
  return `${bytes < LARGE_BYTES ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
}

function soFar(count: number, { name, version }: Package, columns: number): string {
  const what = `${name} ${version}`.slice(0, Math.max(0, columns - WORDS_CHARACTERS - 3));
  return `\r\x1b[2K  ${count} so far: ${what}`;
}

/** Names of `imports.json` as Deno takes them on its command line, which knows no import map. */
async function resolveNeeds(needs: readonly string[], project: URL): Promise<string[]> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("imports.json", project))) as {
    imports: Readonly<Record<string, string>>;
  };
  return needs.map((need) => {
    const target = imports[need] ?? need;
    return target.startsWith("npm:") ? target : fileURLToPath(new URL(target, project));
  });
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
