/** `deno bundle`, made the same on every machine: no path of it is left in what comes out. */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { tiedWords } from "./tied.ts";

/** What is bundled, and how. */
export interface DenoBundle {
  /** What this is about, for messages. */
  readonly act: string;
  /** Modules to begin with, as paths or URLs. */
  readonly entries: readonly string[];
  /** Where it runs: names of modules in it are told relative to this. A path. */
  readonly folder: string;
  /** Further folders whose paths are left out. */
  readonly roots?: readonly string[];
  /** The `deno.json` by which imports are resolved. */
  readonly config: string;
  /** Default: none. */
  readonly lock?: string;
  /** Names of packages that stay imports. */
  readonly external?: readonly string[];
  /** Several entries share what they have in common, and get no source maps. */
  readonly isShared?: boolean;
}

/** What comes out: names of files and their text. */
export type Bundled = Map<string, string>;

const HOST = /npm\/[^/\s"]+\//g; // where packages lie in Deno's cache: behind the name of the registry

/**
 * Bundles modules into files.
 *
 * @throws {BundleError} If it cannot; with Deno's own words.
 */
export async function denoBundle(wish: DenoBundle): Promise<Bundled> {
  await using folder = await temporaryFolder("bundle");
  const { path: out } = folder;
  await run(wish, out);
  const cache = await cacheFolder();
  const files: Bundled = new Map();
  for (const path of await filesIn(out)) {
    const text = await Deno.readTextFile(join(out, path));
    files.set(path, path.endsWith(".map") ? plainMap(text, out, { wish, cache }) : plainText(text, { wish, cache }));
  }
  return files;
}

async function run({ act, entries, folder, config, lock, external = [], isShared }: DenoBundle, out: string) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: tiedWords([
      "bundle",
      "--quiet",
      "--platform=deno",
      `--config=${config}`,
      ...lock === undefined ? ["--no-lock"] : [`--lock=${lock}`],
      ...external.flatMap((name) => ["--external", name]),
      ...isShared === true ? ["--code-splitting"] : ["--sourcemap=external"],
      `--outdir=${out}`,
      ...entries,
    ]),
    cwd: folder,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const text = new TextDecoder().decode(stderr).trim();
  throw new BundleError(act, [errorFault(`Deno cannot bundle it: ${text}`, "Mend what it names")]);
}

let cached: Promise<string> | undefined;

/** Deno's cache. */
async function cacheFolder(): Promise<string> {
  cached ??= new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stdin: "null", stderr: "null" }).output()
    .then(({ stdout }) => (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir);
  return await Deno.realPath(await cached);
}

interface Place {
  readonly wish: DenoBundle;
  readonly cache: string;
}

/** Comments and names of modules tell paths relative to the folder. */
function plainText(text: string, { wish, cache }: Place): string {
  const prefixes = [cache, ...wish.roots ?? []].map((root) => `${relative(wish.folder, root).replaceAll("\\", "/")}/`);
  return prefixes.reduce((rest, prefix) => rest.replaceAll(prefix, ""), text).replaceAll(HOST, "npm/");
}

/** Sources by stable names; the text of packages is left out, which would double the bundle. */
function plainMap(text: string, out: string, { wish, cache }: Place): string {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent?: (string | null)[] };
  const paths = map.sources.map((source) => URL.canParse(source) ? source : join(out, source));
  const sources = paths.map((path) => {
    const file = path.startsWith("file:") ? fileURLToPath(path) : path;
    for (const root of [cache, wish.folder, ...wish.roots ?? []].map((root) => root.replace(/\/$/, ""))) {
      if (file.startsWith(`${root}/`)) return file.slice(root.length + 1).replaceAll(HOST, "npm/");
    }
    return file.startsWith("/") ? relative(wish.folder, file) : file;
  });
  const sourcesContent = map.sourcesContent?.map((content, index) =>
    sources[index]!.startsWith("npm/") ? null : content
  );
  return JSON.stringify({ ...map, sources, ...sourcesContent === undefined ? {} : { sourcesContent } });
}

async function filesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    found.push(...isDirectory ? await filesIn(folder, path) : [path]);
  }
  return found.sort();
}
