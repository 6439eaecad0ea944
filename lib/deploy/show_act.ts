import { type Broadcast, DeployDisplay } from "./deploy_display.ts";
import { type DeployProgress, describeProgress } from "./deploy_progress.ts";

/** What is done with a deployment, and how long it may take. */
export interface ShownAct {
  /** The serving function's name. */
  readonly name: string;
  readonly kind: "deploy" | "rollback" | "resume";
  /** In milliseconds. */
  readonly deadlineMs: number;
  /** What is done until something is told. Default: what this kind begins with. */
  readonly stage?: string;
}

/** Hears how far an act is. */
export type OnProgress = (progress: DeployProgress) => void;

/** Does something, and shows how far that is. */
export type ShowAct = <Result>(
  act: ShownAct,
  work: (onProgress: OnProgress | undefined) => Promise<Result>,
) => Promise<Result>;

/** Where it is shown. */
export interface ShowOptions {
  /** Default: the output of the cell that runs. */
  readonly broadcast?: Broadcast | undefined;
}

/**
 * Does something with a deployment, and shows how far that is in the output of the cell that runs: a display each function, of this act alone.
 * Elsewhere nobody is told, but in a kernel that has no displays, by lines.
 */
export async function showAct<Result>(
  act: ShownAct,
  work: (onProgress: OnProgress | undefined) => Promise<Result>,
  { broadcast = cellBroadcast() }: ShowOptions = {},
): Promise<Result> {
  if (broadcast === undefined) {
    const isCell = Symbol.for("levada.notebook") in globalThis;
    return await work(isCell ? (progress) => console.log(describeProgress(progress)) : undefined);
  }
  using display = new DeployDisplay({ ...act, broadcast });
  try {
    const done = await work((progress) => display.tell(progress));
    display.end("ready");
    return done;
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
