/** WebGPU in a program of its own, on Debian's software adapter: slow, but it computes what a card does. */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { command, onnxCache } from "./packages.ts";
import type { Outcome, RecordedCase } from "./recorded_case.ts";

const CHILD = new URL("webgpu_child.ts", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;
const DRIVER = "mesa-vulkan-drivers";

/** A program that runs cases on WebGPU. */
export interface WebGpu extends AsyncDisposable {
  /** What the adapter calls itself. */
  readonly adapter: string;
  run(recorded: RecordedCase): Promise<Outcome>;
}

/** Starts it; with a text, why that cannot be. Installs Mesa's driver where there is no adapter. */
export async function startWebGpu(): Promise<WebGpu | string> {
  const runtime = await Deno.makeTempDir(); // Mesa wants a folder there
  const env = { XDG_RUNTIME_DIR: runtime };
  const found = await start(env);
  if (found !== undefined) return found;
  try {
    return await start({ ...env, ...await installDriver() }) ?? `${DRIVER} is there, and Deno finds no adapter`;
  } catch (error) {
    return `${DRIVER} cannot be had: ${error instanceof Error ? error.message : error}`;
  }
}

async function start(env: Readonly<Record<string, string>>): Promise<WebGpu | undefined> {
  const flags = ["--unstable-webgpu", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...flags, CHILD],
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null", // drivers and runtime write what they think
  }).spawn();
  const writer = child.stdin.getWriter();
  // deno-lint-ignore no-explicit-any -- Node's types of the web's streams are not Deno's
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as any) })[Symbol.asyncIterator]();
  const first = await lines.next();
  const adapter = JSON.parse(first.done === true ? '{"kind":"none"}' : first.value) as { kind: string; name: string };
  const stop = async () => {
    await writer.close().catch(() => {});
    await child.status;
  };
  if (adapter.kind === "none") {
    await stop();
    return undefined;
  }
  return {
    adapter: adapter.name,
    async run(recorded) {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(recorded)}\n`));
      const { done, value } = await lines.next();
      return done === true ? { kind: "failed", why: "the program ended" } : JSON.parse(value) as Outcome;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Installs the driver where we may, else unpacks it and what it needs in the cache; gives what a program needs to find it. */
async function installDriver(): Promise<Record<string, string>> {
  if (Deno.uid() === 0) {
    await command("apt-get", ["update", "-qq"]);
    await command("apt-get", ["install", "-y", "-qq", DRIVER], { DEBIAN_FRONTEND: "noninteractive" });
    return {};
  }
  const folder = `${onnxCache()}/mesa`;
  await Deno.mkdir(folder, { recursive: true });
  const simulated = await command("apt-get", ["--simulate", "install", DRIVER]);
  const names = [...simulated.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!);
  const list = `cd "$0" && apt-get download "$@" && for deb in *.deb; do dpkg-deb -x "$deb" . ; done`;
  await command("sh", ["-c", list, folder, ...names]);
  const library = `${folder}/usr/lib/${Deno.build.arch}-linux-gnu`;
  const icd = `${folder}/icd.json`; // the package's own names the place where it would be installed
  const driver = { api_version: "1.1.230", library_path: `${library}/libvulkan_lvp.so` };
  await Deno.writeTextFile(icd, JSON.stringify({ file_format_version: "1.0.0", ICD: driver }));
  return { LD_LIBRARY_PATH: library, VK_ICD_FILENAMES: icd };
}
