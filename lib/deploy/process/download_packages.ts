/** What programs need of npm, before anything of them runs. */
import { fileURLToPath } from "node:url";
import { measurePackages, type Package } from "./package_sizes.ts";

/** How packages are downloaded. */
export interface DownloadOptions {
  /** The folder of `deno.json`, `imports.json` and `deno.lock`. Default: this project. */
  readonly project?: URL | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each package as it comes, and how many there are so far. */
  readonly onPackage?: (one: Package, count: number) => void;
}

/** What came of it. */
export interface Downloaded {
  /** Why not all is there, in Deno's words; undefined where it is. */
  readonly failure: string | undefined;
  /** What had to be downloaded, for people: how many packages, how long that took, how large they are; undefined where nothing had. */
  readonly told: string | undefined;
}

const PROJECT = new URL("../../../", import.meta.url);
const LARGE_BYTES = 10e6; // what is larger is named

/**
 * Downloads what is needed and is not there yet, at the versions of `imports.json`, held against `deno.lock`.
 *
 * @param needs Modules as paths below the project, and packages by their names in `imports.json`.
 */
export async function downloadPackages(
  needs: readonly string[],
  { project = PROJECT, signal, onPackage = () => {} }: DownloadOptions,
): Promise<Downloaded> {
  signal?.throwIfAborted();
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
  signal?.addEventListener("abort", abort);
  const found: Package[] = [];
  const rest: string[] = [];
  try {
    for await (const line of lines(child.stderr)) {
      const url = /^Download (\S+)$/.exec(line)?.[1];
      const named = url === undefined ? undefined : matchPackage(url);
      if (named !== undefined) onPackage(named, found.push(named));
      else if (url === undefined && line !== "") rest.push(line);
    }
    const { success } = await child.status;
    signal?.throwIfAborted();
    if (!success) return { failure: rest.join("\n"), told: undefined };
  } finally {
    signal?.removeEventListener("abort", abort);
    await child.status;
  }
  if (found.length === 0) return { failure: undefined, told: undefined };
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const [count, sizes] = [found.length, describeSizes(await measurePackages(found))];
  return {
    failure: undefined,
    told: `Downloaded ${count} ${count === 1 ? "package" : "packages"} in ${seconds} s: ${sizes}`,
  };
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
