/** What `levada deploy` does, once its packages are there. */
import type { Bundle } from "../bundle/bundle.ts";
import { readBundle } from "../bundle/bundle_folder.ts";
import { deployBundle } from "../deploy/deploy_bundle.ts";
import type { CommandContext } from "./command.ts";
import { describeDeployment } from "./describe_deployment.ts";
import { isBundle } from "./load_bundle.ts";
import { makeBundleOf, type MakeWish } from "./write_bundle.ts";

/** What is to be deployed, and how. */
export interface DeployWish extends MakeWish {
  readonly workers: number | undefined;
  readonly port: number | undefined;
  readonly isDry: boolean;
  readonly deadlineMs: number | undefined;
}

/** Makes a bundle and has it run. */
export async function deployOf(wish: DeployWish, context: CommandContext): Promise<number> {
  const { out } = context.terminal;
  const bundle = await bundleOf(wish, context);
  if (bundle === undefined) return 1;
  const { workers, port, deadlineMs } = wish;
  const given = Object.entries({ workers, port, deadlineMs }).filter(([, value]) => value !== undefined);
  const deployment = await deployBundle(bundle, {
    ...Object.fromEntries(given),
    dryRun: true,
  });
  const { changes } = await deployment.plan();
  out(
    changes.length === 0
      ? `${bundle.name}, revision ${bundle.revision}: nothing to change\n`
      : `${bundle.name}, revision ${bundle.revision}:\n${changes.map((line) => `  ${line}\n`).join("")}`,
  );
  if (wish.isDry) return 0;
  if (changes.length > 0) out("Starting …\n");
  out(describeDeployment(await deployment.apply()));
  return 0;
}

async function bundleOf(wish: DeployWish, context: CommandContext): Promise<Bundle | undefined> {
  return await isBundle(wish.path) ? await readBundle(wish.path) : await makeBundleOf(wish, context);
}
