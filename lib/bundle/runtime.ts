/** The library as it travels with a bundle: Levada in JavaScript, with the modules that its workers run. */
import { fileURLToPath } from "node:url";
import { type Bundled, denoBundle } from "./deno_bundle.ts";

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
const CHUNK = /[a-z_]+-[A-Z0-9]{8}(?=\.js)/g;
const STARTED = /new URL\("\.\/(\w+)\.ts", import\.meta\.url\)/g;
const LIBRARY = `new URL("..", import.meta.url).href`; // lib/graph/place.ts: what is a user's code, and what is ours

let made: Promise<Bundled> | undefined;

/** The files of the library, by paths below its folder in the bundle; made once a process. */
export function libraryFiles(): Promise<Bundled> {
  return made ??= make();
}

async function make(): Promise<Bundled> {
  const files = await denoBundle({
    act: "bundle the library",
    entries: ENTRIES.map((entry) => fileURLToPath(new URL(entry, PROJECT))),
    folder: fileURLToPath(PROJECT).replace(/\/$/, ""),
    config: fileURLToPath(new URL("deno.json", PROJECT)),
    lock: fileURLToPath(new URL("deno.lock", PROJECT)),
    isShared: true,
  });
  const names = chunkNames(files);
  return new Map(
    [...files].map(([path, text]) => [
      renamed(path, names),
      renamed(text, names).replaceAll(STARTED, (_, name) => `new URL("${startedFrom(path, name)}", import.meta.url)`)
        .replaceAll(LIBRARY, `new URL("./", import.meta.url).href`),
    ]),
  );
}

/** Where a worker's module lies, seen from a file. */
function startedFrom(path: string, name: string): string {
  const entry = ENTRIES.find((one) => one.endsWith(`/${name}.ts`));
  if (entry === undefined) throw new Error(`Cannot bundle the library: ${name}.ts is started, and not among ENTRIES`);
  const up = path.split("/").slice(1).map(() => "../").join("");
  return `${up === "" ? "./" : up}${entry.replace(/\.ts$/, ".js")}`;
}

/** Chunks are named by hashes of paths on this machine: here by the order in which they are imported. */
function chunkNames(files: Bundled): Map<string, string> {
  const names = new Map<string, string>();
  const visit = (text: string) => {
    for (const [chunk] of text.matchAll(CHUNK)) {
      if (names.has(chunk) || !files.has(`${chunk}.js`)) continue;
      names.set(chunk, `shared_${names.size + 1}`);
      visit(files.get(`${chunk}.js`)!);
    }
  };
  for (const entry of ENTRIES) visit(files.get(entry.replace(/\.ts$/, ".js"))!);
  return names;
}

function renamed(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(CHUNK, (chunk) => names.get(chunk) ?? chunk);
}
