import type { CommandContext } from "../command.ts";
import { isBundle, loadBundle } from "../load_bundle.ts";
import { loadFunction } from "../load_function.ts";
import { serveFunction } from "./serve_function.ts";
import type { ServeWish } from "./serve_wish.ts";

/** Serves the function of a module, or of a bundle, until somebody asks to end. */
export async function serveModule(wish: ServeWish, context: CommandContext): Promise<number> {
  if (!await isBundle(wish.module)) {
    return await serveFunction(() => loadFunction(wish.module, wish.export), wish, context);
  }
  const bundle = await loadBundle(wish.module);
  return await bundle.serveFunction(bundle.load, wish, context);
}
