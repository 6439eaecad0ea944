/** What `levada manifests` does, once its packages are there. */
import { readBundle } from "../bundle/bundle_folder.ts";
import { type ManifestsWish, writeManifests } from "../deploy/kubernetes/write_manifests.ts";
import {
  SERVERLESS_TARGETS,
  type ServerlessTarget,
  writeServerless,
  type WriteServerlessWish,
} from "../deploy/serverless/write_serverless.ts";
import type { ClusterDeployOptions } from "../deploy/deploy_options.ts";
import type { MadeBundle } from "./bundle_notebook.ts";
import type { CommandContext } from "./command.ts";
import { isBundle } from "./load_bundle.ts";
import { withRecorded } from "./recorded_options.ts";
import { makeBundleOf, type MakeWish } from "./write_bundle.ts";

/** Makes a bundle, and writes its objects. */
export async function writeManifestsOf(
  wish: MakeWish & ManifestsWish & { readonly target: string },
  context: CommandContext,
): Promise<number> {
  const made: MadeBundle | undefined = await isBundle(wish.path)
    ? { bundle: await readBundle(wish.path) }
    : await makeBundleOf(wish, context);
  if (made === undefined) return 1;
  const target = SERVERLESS_TARGETS.find((one) => one === wish.target);
  const { files, notes } = target === undefined
    ? { files: await writeManifests(made.bundle, asDeployed(made, wish)), notes: [] }
    : await writeServerless(made.bundle, serverless(wish, target));
  for (const note of notes) context.terminal.out(`  ${note}\n`);
  context.terminal.out(
    `Written: ${wish.folder}, revision ${made.bundle.revision}:\n${files.map((file) => `  ${file}\n`).join("")}` +
      `Apply them: kubectl apply --server-side --field-manager levada -f ${wish.folder}\n`,
  );
  return 0;
}

/** What `levada deploy` would apply of it: what is said here, and else what the notebook's `deploy()` says. */
function asDeployed({ recorded }: MadeBundle, { folder, ...wish }: ManifestsWish): ManifestsWish {
  const { namespace, image, bundleFolder, bundleUrl, imagePullSecrets, replicas, deadlineMs } = wish;
  const said = { namespace, image, bundleFolder, bundleUrl, imagePullSecrets, replicas, deadlineMs };
  const options = withRecorded(said, { target: "kubernetes", recorded }) as ClusterDeployOptions;
  return { ...options, folder };
}

function serverless(
  { folder, namespace, image, imagePullSecrets }: ManifestsWish,
  target: ServerlessTarget,
): WriteServerlessWish {
  return {
    target,
    folder,
    image,
    ...namespace === undefined ? {} : { namespace },
    ...imagePullSecrets === undefined ? {} : { imagePullSecrets },
  };
}
