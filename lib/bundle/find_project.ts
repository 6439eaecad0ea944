/** What the imports of a module or notebook are resolved by. */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PROJECT = fileURLToPath(new URL("../../deno.json", import.meta.url));
const NAMES = ["deno.json", "deno.jsonc"];

/** The files that say it. */
export interface Project {
  readonly config: string;
  readonly lock: string;
}

/** The `deno.json` found upward from a folder, and its lock; else this project's. */
export async function findProject(directory: string): Promise<Project> {
  for (let folder = directory.replace(/\/$/, "");; folder = dirname(folder)) {
    for (const name of NAMES) {
      if (await isFile(join(folder, name))) return { config: join(folder, name), lock: await lockOf(folder) };
    }
    if (folder === dirname(folder)) return { config: PROJECT, lock: await lockOf(dirname(PROJECT)) };
  }
}

async function lockOf(folder: string): Promise<string> {
  const own = join(folder, "deno.lock");
  return await isFile(own) ? own : join(dirname(PROJECT), "deno.lock");
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isFile === true;
}

/** The import map of a configuration, in it or beside it; targets that are paths as URLs. */
export async function readImports(config: string): Promise<Readonly<Record<string, string>>> {
  let url = pathToFileURL(config);
  let mapped = await readMap(url);
  if (mapped.imports === undefined && mapped.importMap !== undefined) {
    url = new URL(mapped.importMap, url);
    mapped = await readMap(url);
  }
  return Object.fromEntries(
    Object.entries(mapped.imports ?? {}).map(([name, target]) => [
      name,
      /^\.{1,2}\//.test(target) ? new URL(target, url).href : target,
    ]),
  );
}

interface Mapped {
  readonly imports?: Readonly<Record<string, string>>;
  /** The file that holds them instead. */
  readonly importMap?: string;
}

async function readMap(url: URL): Promise<Mapped> {
  try {
    return JSON.parse(await Deno.readTextFile(url)) as Mapped;
  } catch {
    return {}; // with comments, or broken: Deno itself tells the latter
  }
}
