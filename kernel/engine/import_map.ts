/** What a notebook's imports are resolved by: the `deno.json` found upward from it, and the library beside this kernel. */

const PROJECT = new URL("../../deno.json", import.meta.url);
const NAMES = ["deno.json", "deno.jsonc"];

/** Arguments for Deno that make a notebook's imports work. */
export async function importArguments(directory: string): Promise<string[]> {
  const config = await findConfig(directory);
  if (config === undefined) return ["--config", PROJECT.pathname, "--no-lock"];
  if (config === PROJECT.pathname) return ["--config", config];
  const own = JSON.parse(await Deno.readTextFile(PROJECT)) as { imports: Record<string, string> };
  const theirs = await readImports(config);
  if (theirs.levada !== undefined) return ["--config", config];
  const map = {
    imports: {
      ...absolute(theirs, config),
      levada: new URL("mod.ts", PROJECT).href,
      "levada/testing": new URL("lib/testing/mod.ts", PROJECT).href,
    },
    scopes: { [new URL("./", PROJECT).href]: absolute(own.imports, PROJECT.pathname) },
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

/** The imports of a configuration; none where it cannot be read, since Deno itself will say so. */
async function readImports(config: string): Promise<Record<string, string>> {
  try {
    return (JSON.parse(await Deno.readTextFile(config)) as { imports?: Record<string, string> }).imports ?? {};
  } catch {
    return {};
  }
}

function absolute(imports: Readonly<Record<string, string>>, config: string): Record<string, string> {
  const base = new URL(`file://${config}`);
  return Object.fromEntries(
    Object.entries(imports).map((
      [name, target],
    ) => [name, /^\.{1,2}\//.test(target) ? new URL(target, base).href : target]),
  );
}
