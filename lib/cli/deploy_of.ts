/** What `levada deploy` does, once its packages are there. */
import { readBundle } from "../bundle/bundle_folder.ts";
import { deployBundle } from "../deploy/deploy_bundle.ts";
import { describeProgress } from "../deploy/deploy_progress.ts";
import type { MadeBundle } from "./bundle_notebook.ts";
import type { CommandContext } from "./command.ts";
import { describeDeployment } from "./describe_deployment.ts";
import { isBundle } from "./load_bundle.ts";
import { unlessAsked } from "./until_asked.ts";
import { makeBundleOf, type MakeWish } from "./write_bundle.ts";

/** What is to be deployed, and how. */
export interface DeployWish extends MakeWish {
  readonly workers: number | undefined;
  readonly port: number | undefined;
  readonly isRenewed: boolean;
  readonly isDry: boolean;
  readonly deadlineMs: number | undefined;
}

/** Makes a bundle and has it run. */
export async function deployOf(wish: DeployWish, context: CommandContext): Promise<number> {
  const { out } = context.terminal;
  const made = await bundleOf(wish, context);
  if (made === undefined) return 1;
  const { bundle, recorded } = made;
  const {
    workers = recorded?.workers,
    port = recorded?.port,
    deadlineMs = recorded?.deadlineMs,
  } = wish;
  const given = Object.entries({ workers, port, deadlineMs }).filter(([, value]) => value !== undefined);
  const deployment = await deployBundle(bundle, {
    ...Object.fromEntries(given),
    renew: wish.isRenewed,
    dryRun: true,
    signal: context.signal,
    onProgress: (progress) => progress.state !== "noted" && out(`  ${describeProgress(progress)}\n`),
  });
  const { changes, notes } = await deployment.plan();
  out(
    changes.length === 0
      ? `${bundle.name}, revision ${bundle.revision}: nothing to change\n`
      : `${bundle.name}, revision ${bundle.revision}:\n${changes.map((line) => `  ${line}\n`).join("")}`,
  );
  for (const note of notes) out(`  ${note}\n`);
  if (wish.isDry) return 0;
  const status = await unlessAsked(context.signal, deployment.apply());
  context.signal.throwIfAborted();
  out(describeDeployment(status!));
  return 0;
}

async function bundleOf(wish: DeployWish, context: CommandContext): Promise<MadeBundle | undefined> {
  return await isBundle(wish.path) ? { bundle: await readBundle(wish.path) } : await makeBundleOf(wish, context);
}
