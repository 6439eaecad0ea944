/** What a notebook's imports are resolved by: the `deno.json` found upward from it, and the library beside this kernel. */

import { fileURLToPath, pathToFileURL } from "node:url";

const PROJECT = fileURLToPath(new URL("../../deno.json", import.meta.url));
const MAP = new URL("../../imports.json", import.meta.url);
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));
const NAMES = ["deno.json", "deno.jsonc"];

/** Arguments for Deno that make a notebook's imports work. */
export async function importArguments(directory: string): Promise<string[]> {
  const config = await findConfig(directory);
  if (config === undefined) return ["--config", PROJECT, "--no-lock"]; // a cell's `npm:` is none of this project's
  if (config === PROJECT) return ["--config", config, "--lock", LOCK];
  const theirs = await readTheirs(config);
  if (theirs.levada !== undefined) return ["--config", config];
  const own = absolute(JSON.parse(await Deno.readTextFile(MAP)).imports, MAP);
  const map = {
    imports: { ...theirs, levada: own.levada, "levada/testing": own["levada/testing"] },
    scopes: { [new URL("./", MAP).href]: own },
  };
  return ["--config", config, "--import-map", `data:application/json,${encodeURIComponent(JSON.stringify(map))}`];
}

async function findConfig(directory: string): Promise<string | undefined> {
  for (let folder = directory;; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    for (const name of NAMES) {
      const path = `${folder}/${name}`;
      if ((await Deno.stat(path).catch(() => undefined))?.isFile === true) return path;
    }
    if (folder === "") return undefined;
  }
}

interface Mapped {
  readonly imports?: Readonly<Record<string, string>>;
  /** The file that holds them instead. */
  readonly importMap?: string;
}

/** The imports of a configuration; none where it cannot be read, since Deno itself will say so. */
async function readTheirs(config: string): Promise<Readonly<Record<string, string>>> {
  try {
    let url = pathToFileURL(config);
    let mapped = JSON.parse(await Deno.readTextFile(url)) as Mapped;
    if (mapped.imports === undefined && mapped.importMap !== undefined) {
      url = new URL(mapped.importMap, url);
      mapped = JSON.parse(await Deno.readTextFile(url)) as Mapped;
    }
    return absolute(mapped.imports ?? {}, url);
  } catch {
    return {};
  }
}

function absolute(imports: Readonly<Record<string, string>>, base: URL): Record<string, string> {
  return Object.fromEntries(
    Object.entries(imports).map((
      [name, target],
    ) => [name, /^\.{1,2}\//.test(target) ? new URL(target, base).href : target]),
  );
}
