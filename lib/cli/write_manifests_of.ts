/** What `levada manifests` does, once its packages are there. */
import { readBundle } from "../bundle/bundle_folder.ts";
import { type ManifestsWish, writeManifests } from "../deploy/kubernetes/write_manifests.ts";
import type { CommandContext } from "./command.ts";
import { isBundle } from "./load_bundle.ts";
import { makeBundleOf, type MakeWish } from "./write_bundle.ts";

/** Makes a bundle, and writes its objects. */
export async function writeManifestsOf(wish: MakeWish & ManifestsWish, context: CommandContext): Promise<number> {
  const made = await isBundle(wish.path) ? { bundle: await readBundle(wish.path) } : await makeBundleOf(wish, context);
  if (made === undefined) return 1;
  const files = await writeManifests(made.bundle, wish);
  context.terminal.out(
    `Written: ${wish.folder}, revision ${made.bundle.revision}:\n${files.map((file) => `  ${file}\n`).join("")}` +
      `Apply them: kubectl apply --server-side --field-manager levada -f ${wish.folder}\n`,
  );
  return 0;
}
