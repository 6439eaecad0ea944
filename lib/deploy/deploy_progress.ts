import { plainLines } from "../telemetry/one_line.ts";

/** How far a deploy is. */
export interface DeployProgress {
  /**
   * `fetching`: what clients of brokers are downloaded, and how much that was; `checking`: its bundle is started once, to see that it starts; `starting`: a function's processes start; `ready`: they listen;
   * `replacing`: all listen, and those before end what they have accepted; `waiting`: another may be changing it, and it is seen whether that one still is;
   * `noted`: what it does not get here; `replanned`: what there is has changed since the plan, and so what is done; `returning`: it does not become ready,
   * and what ran before is put back.
   */
  readonly state:
    | "fetching"
    | "checking"
    | "starting"
    | "ready"
    | "replacing"
    | "waiting"
    | "noted"
    | "replanned"
    | "returning";
  /** The function that is meant; undefined where all are. */
  readonly function: string | undefined;
  /** Where it answers, once it is ready. */
  readonly url: string | undefined;
  /** What it does not get here, what is downloaded, for whom is waited, what is done in the place of the plan. */
  readonly note?: string;
  /** How many of its pods are ready, of how many; undefined where nobody counts. */
  readonly pods?: { readonly ready: number; readonly wished: number } | undefined;
  /** What keeps it from being ready, as far as anybody says. */
  readonly reason?: string | undefined;
}

/** The same for people. */
export function describeProgress(progress: DeployProgress): string {
  const { state, function: name, url, note = "" } = progress;
  const far = farOf(progress);
  switch (state) {
    case "checking":
      return "Starting it once, to see that it starts …";
    case "starting":
      return `${name}: starting …${far === "" ? "" : ` ${far}`}`;
    case "ready":
      return plainLines(`${name}: ready, ${url}`);
    case "fetching":
    case "noted":
    case "waiting":
    case "replanned":
    case "returning":
      return plainLines(note);
    case "replacing":
      return "All are ready; what ran before ends …";
  }
}

/** How far the pods of a function are, and why no further; empty where nobody says. */
export function farOf({ pods, reason, note = "" }: DeployProgress): string {
  if (pods === undefined) return plainLines(reason ?? note);
  const counted = `${pods.ready} of ${pods.wished} ${pods.wished === 1 ? "pod" : "pods"}`;
  return reason === undefined ? counted : plainLines(`${counted}: ${reason}`);
}

/** What a supervisor says while it is being asked for a revision: a line of JSON each. */
export type ApplyWord =
  | { readonly kind: "progress"; readonly progress: DeployProgress }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly message: string; readonly lines: readonly string[] };
