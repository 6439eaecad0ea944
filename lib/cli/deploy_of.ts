/** What `levada deploy` does, once its packages are there. */
import { readBundle } from "../bundle/bundle_folder.ts";
import { deployBundle } from "../deploy/deploy_bundle.ts";
import { DEADLINES_MS, type DeployTarget } from "../deploy/deploy_options.ts";
import type { MadeBundle } from "./bundle_notebook.ts";
import { type CommandContext, CommandError } from "./command.ts";
import { describeDeployment, nextSteps } from "../deploy/describe_deployment.ts";
import { DeployLines } from "./deploy_lines.ts";
import { isBundle } from "./load_bundle.ts";
import { withRecorded } from "./recorded_options.ts";
import { say } from "./say.ts";
import { unlessAsked } from "./until_asked.ts";
import { untilGivenUp } from "./until_given_up.ts";
import { makeBundleOf, type MakeWish } from "./write_bundle.ts";

/** What is to be deployed, and how. */
export interface DeployWish extends MakeWish {
  /** Default: what the notebook's `deploy()` says, else processes of this machine. */
  readonly target: DeployTarget | undefined;
  /** What the target is told; what is undefined is not. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly isDry: boolean;
  /** In milliseconds, from `startedAt` on. */
  readonly deadlineMs: number | undefined;
  /** When the command began, by `performance.now()`. */
  readonly startedAt: number;
}

const SAYING_MS = 1_000; // what runs apart says better why it is late

/** Makes a bundle and has it run. */
export async function deployOf(wish: DeployWish, context: CommandContext): Promise<number> {
  const { out } = context.terminal;
  const write = (line: string) => say(out, `  ${line}\n`);
  const made = await bundleInTime(wish, context, write);
  if (made === undefined) return 1;
  const { bundle, recorded } = made;
  const options = withRecorded({ ...wish.options, deadlineMs: wish.deadlineMs }, { target: wish.target, recorded });
  const { target = "process", deadlineMs = DEADLINES_MS[target] } = options;
  const spentMs = wish.deadlineMs === undefined ? 0 : performance.now() - wish.startedAt;
  using lines = new DeployLines({ write, stage: "Looking what there is", deadlineMs, spentMs });
  const deployment = await deployBundle(bundle, {
    ...options,
    spentMs,
    dryRun: true,
    signal: context.signal,
    onProgress: (progress) => lines.tell(progress),
  });
  const { changes, notes } = await deployment.plan();
  out(
    changes.length === 0
      ? `${bundle.name}, revision ${bundle.revision}: nothing to change\n`
      : `${bundle.name}, revision ${bundle.revision}:\n${changes.map((line) => `  ${line}\n`).join("")}`,
  );
  for (const note of notes) out(`  ${note}\n`);
  if (wish.isDry) return 0;
  const status = await untilGivenUp(context, {
    target,
    work: () => deployment.apply(),
    givenUp: "what ran is put back",
    ended: `\`levada status ${bundle.name}\` tells what runs`,
  });
  out(describeDeployment(status));
  out(nextSteps(status));
  return status.state === "ready" ? 0 : 1; // where nothing was to change, nobody has waited until it is
}

/**
 * Makes the bundle, or reads it.
 *
 * @throws {CommandError} If that takes longer than the deadline.
 */
async function bundleInTime(
  wish: DeployWish,
  context: CommandContext,
  write: (line: string) => void,
): Promise<MadeBundle | undefined> {
  const { path, deadlineMs = Infinity, startedAt } = wish;
  const late = new AbortController();
  using _lines = new DeployLines({
    write,
    stage: `Making the bundle of ${path}`,
    deadlineMs: wish.deadlineMs,
    spentMs: performance.now() - startedAt,
  });
  const endsAt = deadlineMs === Infinity ? undefined : startedAt + deadlineMs;
  let stage = "";
  const timer = endsAt === undefined ? undefined : setTimeout(() => {
    const where = stage === "" ? "" : `: ${stage}`;
    late.abort(new CommandError(`Cannot deploy ${path}: it is not bundled after ${deadlineMs / 1_000} s${where}`));
  }, Math.max(0, endsAt - performance.now()) + SAYING_MS);
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    const making = bundleOf({ ...wish, endsAt, onStage: (now) => stage = now }, { ...context, signal });
    const made = await (path.endsWith(".ipynb") ? making : unlessAsked(signal, making)); // a notebook's kernel is ended first
    signal.throwIfAborted();
    return made;
  } finally {
    clearTimeout(timer);
  }
}

async function bundleOf(wish: DeployWish, context: CommandContext): Promise<MadeBundle | undefined> {
  return await isBundle(wish.path) ? { bundle: await readBundle(wish.path) } : await makeBundleOf(wish, context);
}
