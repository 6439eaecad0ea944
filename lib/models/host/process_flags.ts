import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModelHome } from "./message.ts";

const LEVADA = new URL("../../..", import.meta.url).href.replace(/\/$/, "");
const CONFIGS = ["deno.json", "deno.jsonc"];
/** What a process may know of its surroundings where its program may: Deno's cache, and where Levada keeps models. */
const VARIABLES = ["DENO_DIR", "HOME", "LEVADA_CACHE", "PATH", "TMPDIR", "XDG_CACHE_HOME"];

/**
 * What Deno is told for the process of a model: the configuration of its module, and what it may do.
 *
 * A process may no more than its program. What the program may as a whole is handed on. Of some files, hosts or variables Deno does not tell
 * which they are, but answers for one that is named: so are asked those that Levada, the model's module and its arguments name, each with as
 * much of its folders as the program may read. `given` is told in their place.
 */
export function processFlags(home: ModelHome, given: readonly string[] | undefined): string[] {
  return [...configOf(home.module), ...(given ?? permissions(home))];
}

/** The environment of such a process: the program's, or as much of it as is known and may be read. */
export function processEnv(): Record<string, string> {
  if (isWhole("env")) return Deno.env.toObject();
  const known = VARIABLES.filter((variable) => may({ name: "env", variable }));
  return Object.fromEntries(known.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

const NAMES = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;

function permissions(home: ModelHome): string[] {
  const whole = NAMES.filter(isWhole);
  if (whole.length === NAMES.length) return ["--allow-all"];
  const paths = [...filesOf(LEVADA), ...filesOf(home.module), ...texts(home.args).flatMap(filesOf)];
  const parts: Partial<Record<typeof NAMES[number], string[]>> = {
    read: paths.flatMap((path) => largest("read", path)),
    write: texts(home.args).flatMap(filesOf).flatMap((path) => largest("write", path)),
    net: texts(home.args).flatMap(hostOf).filter((host) => may({ name: "net", host })),
    env: VARIABLES.filter((variable) => may({ name: "env", variable })),
  };
  return NAMES.flatMap((name) => {
    if (whole.includes(name)) return [`--allow-${name}`];
    const list = [...new Set(parts[name])].filter((part) => !part.includes(",")); // Deno has no way to write one
    return list.length === 0 ? [] : [`--allow-${name}=${list.join(",")}`];
  });
}

/** Whether the program may do all of a kind, without exceptions. */
function isWhole(name: typeof NAMES[number]): boolean {
  return may({ name } as Deno.PermissionDescriptor);
}

function may(descriptor: Deno.PermissionDescriptor): boolean {
  try {
    const { state, partial } = Deno.permissions.querySync(descriptor);
    return state === "granted" && partial !== true; // partial: with exceptions
  } catch { // the text of an argument that is neither path nor host
    return false;
  }
}

/** The largest folder around a path that the program may do this to, or the path itself; none where it may not. */
function largest(name: "read" | "write", path: string): string[] {
  if (!may({ name, path })) return [];
  for (let folder = path;;) {
    const outer = dirname(folder);
    if (outer === folder || !may({ name, path: outer })) return [folder];
    folder = outer;
  }
}

/** The nearest configuration of a module, by which its program would import as well; none where it is no file. */
function configOf(module: string): string[] {
  const [path] = filesOf(module);
  if (path === undefined) return [];
  for (let folder = dirname(path);; folder = dirname(folder)) {
    const config = CONFIGS.map((name) => `${folder}/${name}`).find(isFile);
    if (config !== undefined) return ["--config", config];
    if (dirname(folder) === folder) return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch { // there is none, or it may not be looked at
    return false;
  }
}

/** Every text in a model's arguments: some are paths and addresses. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

function filesOf(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  return url.protocol === "file:" ? [fileURLToPath(url)] : [];
}

function hostOf(text: string): string[] {
  const url = URL.parse(text);
  return url === null || url.host === "" ? [] : [url.host];
}
