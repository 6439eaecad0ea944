/** What `levada bundle` does, once its packages are there. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Bundle, manifestOf } from "../bundle/bundle.ts";
import { writeBundle } from "../bundle/bundle_folder.ts";
import { probeBundle } from "../bundle/describe_function.ts";
import { bundleModule } from "../bundle/make_bundle.ts";
import { bundleNotebook, type MadeBundle } from "./bundle_notebook.ts";
import type { CommandContext } from "./command.ts";
import { guardLoading } from "./guard_loading.ts";
import { findFunction } from "./load_function.ts";

/** What is to be bundled. */
export interface BundleWish {
  readonly path: string;
  readonly output: string | undefined;
  readonly export: string | undefined;
  readonly files: readonly string[];
  readonly external: readonly string[];
  readonly isProbed: boolean;
}

/** What a bundle is made of. */
export type MakeWish = Omit<BundleWish, "output" | "isProbed"> & {
  readonly isProbed?: boolean;
  /** When it has to be made, by `performance.now()`. Default: there is no such time. */
  readonly endsAt?: number | undefined;
  /** Gets what is done now, for who waits too long. */
  readonly onStage?: (stage: string) => void;
};

const GUARDED_MS = 2_000; // who is not in a loop says better why it is late

/** Makes a bundle of a notebook or a module; undefined when a cell failed, which has been told. */
export async function makeBundleOf(wish: MakeWish, context: CommandContext): Promise<MadeBundle | undefined> {
  return wish.path.endsWith(".ipynb") ? await bundleNotebook(wish, context) : {
    bundle: await ofModule(wish, context),
  };
}

/** Makes a bundle, starts it, and writes it. */
export async function writeBundleOf(wish: BundleWish, context: CommandContext): Promise<number> {
  const made = await makeBundleOf(wish, context);
  if (made === undefined) return 1;
  const { bundle } = made;
  if (wish.isProbed) await probeBundle(bundle);
  const folder = wish.output ?? `${bundle.name}-bundle`;
  await writeBundle(bundle, folder);
  const bytes = [...bundle.files.values()].reduce((sum, { length }) => sum + length, 0);
  context.terminal.out(
    `Written: ${folder}, revision ${bundle.revision}, ${bundle.files.size} files of ${(bytes / 1e6).toFixed(1)} MB${
      wish.isProbed ? ", started once" : ""
    }. Serve it: levada serve ${folder}\n`,
  );
  for (const { step, cause, cure } of manifestOf(bundle).faults ?? []) {
    const where = step === undefined ? "" : `step "${step}": `;
    context.terminal.out(`It runs in one process only, and cannot be deployed: ${where}${cause}. ${cure}\n`);
  }
  return 0;
}

async function ofModule(
  { path, export: name, files, external, endsAt, onStage = () => {} }: MakeWish,
  { signal }: CommandContext,
): Promise<Bundle> {
  onStage("its module is not loaded whole. See what it waits for at its top level");
  const leftMs = endsAt === undefined ? undefined : endsAt - performance.now() + GUARDED_MS;
  const { exported } = await guardLoading(() => findFunction(path, name), { path, signal, leftMs });
  onStage("its code is not brought together");
  return await bundleModule(pathToFileURL(resolve(path)), { export: exported, files, external, endsAt });
}
