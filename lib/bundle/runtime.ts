/** The library as it travels with a bundle: Levada in JavaScript, with the modules that its workers run. */
import { fileURLToPath } from "node:url";
import { type Bundled, denoBundle } from "./deno_bundle.ts";
import { readImports } from "./find_project.ts";

const PROJECT = new URL("../../", import.meta.url);
/** What is imported or started by name: the door, what serves, what tells of a function, and what threads and processes run. */
const ENTRIES = [
  "mod.ts",
  "lib/testing/mod.ts",
  "lib/cli/run_bundle.ts",
  "lib/cli/serving/serve_function.ts",
  "lib/functions/describe_units.ts",
  "lib/serve/body/json_worker.ts",
  "lib/models/host/worker_main.ts",
  "lib/models/host/process_main.ts",
  "lib/models/host/watch_process.ts",
];
const CHUNK = /[a-z0-9_]+-[A-Z0-9]{8}(?=\.js)/g;
const STARTED = /new URL\("\.{1,2}\/(\w+)\.ts", import\.meta\.url\)/g;
const ROOTED = /new URL\("(?:\.\.\/){2,}(?:\.\.)?(\w[\w./]*)?", import\.meta\.url\)/g; // files of the project, by the way up to them
const LIBRARY = `new URL("..", import.meta.url).href`; // lib/graph/place.ts: what is a user's code, and what is ours

/** What the command line starts and imports by name besides, where a function is served. */
const PROGRAM_ENTRIES = [
  ...ENTRIES,
  "lib/cli/main.ts",
  "lib/cli/loading_guard.ts",
  "lib/cli/serving/serve_module.ts",
];

const SERVING = `"./serving/serve_module.ts"`; // lib/cli/serve.ts imports it when it has looked for its packages

let library: Promise<Bundled> | undefined;
let program: Promise<Bundled> | undefined;

/** The files of the library, by paths below its folder in the bundle; made once a process. */
export function libraryFiles(): Promise<Bundled> {
  return library ??= make(ENTRIES);
}

/** The library with the command line, `lib/cli/main.js`, that serves bundles and modules. */
export function programFiles(): Promise<Bundled> {
  return program ??= make(PROGRAM_ENTRIES);
}

/** How Deno runs the library: as this project runs, with the packages that it asks for when it needs them. */
export async function libraryConfig(
  imports: Readonly<Record<string, string>> = {},
): Promise<{ readonly imports: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>> {
  const config = new URL("deno.json", PROJECT);
  const { unstable, allowScripts } = JSON.parse(await Deno.readTextFile(config)) as Record<string, unknown>;
  const all = Object.entries(await readImports(fileURLToPath(config)));
  const packages = Object.fromEntries(all.filter(([, target]) => target.startsWith("npm:")));
  return {
    unstable,
    nodeModulesDir: "none",
    allowScripts,
    lock: { path: "deno.lock", frozen: true },
    imports: { ...imports, ...packages },
  };
}

async function make(entries: readonly string[]): Promise<Bundled> {
  const files = await denoBundle({
    act: "bundle the library",
    entries: entries.map((entry) => fileURLToPath(new URL(entry, PROJECT))),
    folder: fileURLToPath(PROJECT).replace(/\/$/, ""),
    config: fileURLToPath(new URL("deno.json", PROJECT)),
    lock: fileURLToPath(new URL("deno.lock", PROJECT)),
    isShared: true,
  });
  const names = chunkNames(files, entries);
  return new Map(
    [...files].map(([path, text]) => [
      renamed(path, names),
      renamed(text, names)
        .replaceAll(STARTED, (_, name) => `new URL("${startedFrom(path, name, entries)}", import.meta.url)`)
        .replaceAll(ROOTED, (_, rest = "") => `new URL("${upFrom(path)}${rest}", import.meta.url)`)
        .replaceAll(LIBRARY, `new URL("./", import.meta.url).href`)
        .replaceAll(SERVING, () => `"${startedFrom(path, "serve_module", entries)}"`),
    ]),
  );
}

/** Where a module that is started, or imported by name, lies, seen from a file. */
function startedFrom(path: string, name: string, entries: readonly string[]): string {
  const entry = entries.find((one) => one.endsWith(`/${name}.ts`));
  if (entry === undefined) throw new Error(`Cannot bundle the library: ${name}.ts is started, and not among ENTRIES`);
  return `${upFrom(path)}${entry.replace(/\.ts$/, ".js")}`;
}

/** The way up to the folder of the library, seen from a file. */
function upFrom(path: string): string {
  return path.split("/").slice(1).map(() => "../").join("") || "./";
}

/** Chunks are named by hashes of paths on this machine: here by the order in which they are imported. */
function chunkNames(files: Bundled, entries: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const visit = (text: string) => {
    for (const [chunk] of text.matchAll(CHUNK)) {
      if (names.has(chunk) || !files.has(`${chunk}.js`)) continue;
      names.set(chunk, `shared_${names.size + 1}`);
      visit(files.get(`${chunk}.js`)!);
    }
  };
  for (const entry of entries) visit(files.get(entry.replace(/\.ts$/, ".js"))!);
  return names;
}

function renamed(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(CHUNK, (chunk) => names.get(chunk) ?? chunk);
}
