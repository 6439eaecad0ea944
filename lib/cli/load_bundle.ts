import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readBundle } from "../bundle/bundle_folder.ts";
import { describeThrown } from "../errors.ts";
import type { ServingFunction } from "../functions/serving.ts";
import { CommandError } from "./command.ts";
import type { serveFunction } from "./serving/serve_function.ts";

/** A bundle that can be served: its function, and its own copy of what serves. */
export interface LoadedBundle {
  readonly serveFunction: typeof serveFunction;
  load(): Promise<ServingFunction>;
}

/** Whether a path is a folder with a bundle. */
export async function isBundle(path: string): Promise<boolean> {
  return (await Deno.stat(join(path, "function.json")).catch(() => undefined))?.isFile ?? false;
}

/**
 * Loads a bundle whose files are as they were written, and goes into its folder: the files that it brings are named relative to that.
 *
 * @throws {BundleError} If a file is missing or has been changed.
 */
export async function loadBundle(path: string): Promise<LoadedBundle> {
  const folder = resolve(path);
  await readBundle(folder);
  Deno.chdir(folder);
  const url = (name: string) => pathToFileURL(join(folder, name)).href;
  const serving = url("levada/lib/cli/serving/serve_function.js");
  const { serveFunction: serve } = await import(serving) as { serveFunction: typeof serveFunction };
  return {
    serveFunction: serve,
    load: async () => {
      const code = url("code.js");
      try {
        return (await import(code) as { default: ServingFunction }).default;
      } catch (error) {
        const { name, message, stack } = describeThrown(error);
        throw new CommandError(
          `Cannot load ${path}: ${stack?.includes(message) ? stack : `${name}: ${message}`}`,
          { cause: error },
        );
      }
    },
  };
}
