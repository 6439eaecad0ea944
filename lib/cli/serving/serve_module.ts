import type { CommandContext } from "../command.ts";
import { guardLoading } from "../guard_loading.ts";
import { isBundle, loadBundle } from "../load_bundle.ts";
import { loadFunction } from "../load_function.ts";
import { serveFunction } from "./serve_function.ts";
import type { ServeWish } from "./serve_wish.ts";

/** Serves the function of a module, or of a bundle, until somebody asks to end. */
export async function serveModule(wish: ServeWish, context: CommandContext): Promise<number> {
  const guard = { path: wish.module, signal: context.signal };
  if (!await isBundle(wish.module)) {
    const load = () => guardLoading(() => loadFunction(wish.module, wish.export), guard);
    return await serveFunction(load, wish, context);
  }
  const bundle = await loadBundle(wish.module);
  return await bundle.serveFunction(() => guardLoading(bundle.load, guard), wish, context);
}
