import { DEADLINES_MS, type DeployTarget } from "./deploy_options.ts";
import { type ShowAct, showAct, type ShowOptions } from "./show_act.ts";

/** What is deployed, and how long it may take. */
export interface ShownDeploy {
  readonly name: string;
  readonly target: DeployTarget;
  /** In milliseconds. Default: the target's. */
  readonly deadlineMs: number | undefined;
  /** Whether it is only planned: then nothing is shown until the plan is applied. */
  readonly isDry: boolean;
}

/**
 * Makes a bundle and deploys it, and shows how far that is as one act. What is done with the deployment later, by what `deploy` is given, is
 * an act of its own each time, in the cell that does it.
 */
export async function showDeploy<Result>(
  { name, target, isDry, deadlineMs = DEADLINES_MS[target] }: ShownDeploy,
  deploy: (show: ShowAct) => Promise<Result>,
  options: ShowOptions = {},
): Promise<Result> {
  const alone: ShowAct = (act, work) => showAct(act, work, options);
  if (isDry) return await deploy(alone);
  return await alone({ name, kind: "deploy", deadlineMs, stage: "Making its bundle …" }, async (onProgress) => {
    let isOver = false;
    try {
      return await deploy((act, work) => isOver ? alone(act, work) : work(onProgress));
    } finally {
      isOver = true;
    }
  });
}
