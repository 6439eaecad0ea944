import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describeThrown } from "../errors.ts";
import { ServingFunction } from "../functions/serving.ts";
import { CommandError } from "./command.ts";

/**
 * Loads a module and finds the function that it exports: the one that is named, else the default export, else the only one.
 *
 * @throws {CommandError} If there is no such file, it cannot be loaded, or has not exactly one function; saying what it has.
 */
export async function loadFunction(path: string, name: string | undefined): Promise<ServingFunction> {
  return (await findFunction(path, name)).fn;
}

/** The same, with the name of its export. */
export async function findFunction(
  path: string,
  name: string | undefined,
): Promise<{ readonly fn: ServingFunction; readonly exported: string }> {
  const exports = await load(path);
  const functions = Object.entries(exports).filter(([, value]) => value instanceof ServingFunction) as [
    string,
    ServingFunction,
  ][];
  const known = functions.map(([key]) => key);
  if (name !== undefined) return { fn: named(path, name, { exports, known }), exported: name };
  const [first, ...rest] = functions;
  if (first === undefined) {
    const found = Object.keys(exports).join(", ");
    throw new CommandError(
      `Cannot serve ${path}: it exports no function${
        found === "" ? "" : `, only ${found}`
      }. Export one: export default serving("name")`,
    );
  }
  const standard = functions.find(([key]) => key === "default");
  const isOne = rest.length === 0 || new Set(functions.map(([, fn]) => fn)).size === 1;
  const [exported, fn] = standard ?? (isOne ? first : []);
  if (fn !== undefined && exported !== undefined) return { fn, exported };
  throw new CommandError(
    `Cannot serve ${path}: it exports ${functions.length} functions, ${known.join(", ")}. Choose one: --export ${
      known[0]
    }`,
  );
}

function named(
  path: string,
  name: string,
  { exports, known }: { exports: Readonly<Record<string, unknown>>; known: readonly string[] },
): ServingFunction {
  const value = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (value instanceof ServingFunction) return value;
  const state = Object.hasOwn(exports, name)
    ? `its export ${name} is no function of serving()`
    : `it has no export ${name}`;
  throw new CommandError(
    `Cannot serve ${path}: ${state}. Functions that it exports: ${known.join(", ") || "none"}`,
  );
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  let isFile: boolean;
  try {
    isFile = (await Deno.stat(file)).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandError(`Cannot serve ${path}: there is no such file`);
  }
  if (!isFile) throw new CommandError(`Cannot serve ${path}: it is no file. Give the module that exports the function`);
  const url = pathToFileURL(file).href;
  try {
    return await import(url);
  } catch (error) {
    const { name, message, stack } = describeThrown(error);
    const bare = /^Import "([^"]+)" not a dependency/.exec(message)?.[1];
    if (bare !== undefined) {
      throw new CommandError(
        `Cannot load ${path}: it imports "${bare}", which is no name in Levada's import map; a deno.json of yours is not read. Say where it comes from: import … from "npm:${bare}@VERSION"`,
        { cause: error },
      );
    }
    throw new CommandError(`Cannot load ${path}: ${stack?.includes(message) ? stack : `${name}: ${message}`}`, {
      cause: error,
    });
  }
}
