import { streamPathsOf } from "../../deploy/process/stream_clients.ts";
import type { ServingFunction } from "../../functions/serving.ts";
import { type CommandContext, CommandError } from "../command.ts";
import { guardLoading } from "../guard_loading.ts";
import { isBundle, loadBundle } from "../load_bundle.ts";
import { loadFunction } from "../load_function.ts";
import { prefetchClients } from "../prefetch_clients.ts";
import { serveFunction } from "./serve_function.ts";
import type { ServeWish } from "./serve_wish.ts";

/** Serves the function of a module, or of a bundle, until somebody asks to end. */
export async function serveModule(wish: ServeWish, context: CommandContext): Promise<number> {
  const { module, export: exported } = wish;
  const load = async (load: () => Promise<ServingFunction>) => {
    const fn = await guardLoading(load, { path: module, signal: context.signal });
    if (!wish.waitsToRead) await fetchClients(fn, context); // who deployed it has done so
    return fn;
  };
  if (!await isBundle(module)) {
    return await serveFunction(() => load(() => loadFunction(module, exported)), wish, context);
  }
  const bundle = await loadBundle(module);
  return await bundle.serveFunction(() => load(bundle.load), wish, context);
}

/** Downloads what the streams of a function need, where this process may start others; what cannot be had may not be needed. */
async function fetchClients(fn: ServingFunction, context: CommandContext): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  const paths = state === "granted" ? pathsOf(fn) : [];
  try {
    await prefetchClients(paths, context);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    context.terminal.err(`${error.message}\n`);
  }
}

/** The streams that a function names; none where it has something that no document holds. */
function pathsOf(fn: ServingFunction): string[] {
  try {
    return streamPathsOf(JSON.parse(JSON.stringify(fn)));
  } catch {
    return [];
  }
}
