import { type Broadcast, DeployDisplay } from "./deploy_display.ts";
import { DEADLINES_MS, type DeployTarget } from "./deploy_options.ts";
import { type DeployProgress, describeProgress } from "./deploy_progress.ts";

/** What is deployed, and how long it may take. */
export interface ShownDeploy {
  readonly name: string;
  readonly target: DeployTarget;
  /** In milliseconds. Default: the target's. */
  readonly deadlineMs: number | undefined;
}

type OnProgress = (progress: DeployProgress) => void;

/**
 * Deploys, and shows how far that is in the output of the cell that runs: a display each function. Elsewhere nobody is told, but in a kernel
 * that has no displays, by lines.
 */
export async function showDeploy<Result>(
  { name, target, deadlineMs = DEADLINES_MS[target] }: ShownDeploy,
  deploy: (onProgress: OnProgress | undefined) => Promise<Result>,
): Promise<Result> {
  const broadcast = cellBroadcast();
  if (broadcast === undefined) {
    const isCell = Symbol.for("levada.notebook") in globalThis;
    return await deploy(isCell ? (progress) => console.log(describeProgress(progress)) : undefined);
  }
  using display = new DeployDisplay({ name, deadlineMs, broadcast });
  try {
    const deployed = await deploy((progress) => display.tell(progress));
    display.end("ready");
    return deployed;
  } catch (error) {
    display.end("failed");
    throw error;
  }
}

/** What says outputs of a cell, in Levada's kernel and in Deno's own; undefined where no cell runs. */
function cellBroadcast(): Broadcast | undefined {
  try {
    const { jupyter } = Deno as unknown as { readonly jupyter?: { readonly broadcast: Broadcast } };
    return jupyter?.broadcast.bind(jupyter);
  } catch {
    return undefined; // Deno refuses to look where no kernel is
  }
}
