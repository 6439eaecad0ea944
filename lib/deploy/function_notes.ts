import type { ViewNote } from "../plot/view.ts";
import type { FunctionStatus } from "./deployment.ts";

/** A function of any target: processes have workers, of which some may not answer; a cluster has pods. */
export type NotedFunction = Pick<FunctionStatus, "name" | "state" | "serving" | "restarts"> & {
  readonly workers?: number;
  readonly replicas?: number;
  readonly silent?: readonly unknown[];
};

/**
 * What stands at the functions of a graph that is deployed: how many serve, and what is wrong.
 *
 * @param mute The names of those that do not answer when they are asked what they count.
 */
export function functionNotes(
  functions: readonly NotedFunction[],
  mute: readonly string[] = [],
): Record<string, ViewNote> {
  return Object.fromEntries(functions.map((fn) => [fn.name, noteOf(fn, mute.includes(fn.name))]));
}

function noteOf(fn: NotedFunction, isMute: boolean): ViewNote {
  const { state, restarts, silent = [] } = fn;
  const isReady = state === "ready";
  return {
    lines: [
      ...countOf(fn),
      ...isReady && isMute ? ["does not answer"] : [],
      ...silent.length === 0 ? [] : [silent.length === 1 ? "1 does not answer" : `${silent.length} do not answer`],
      ...restarts === 0 ? [] : [restarts === 1 ? "1 restart" : `${restarts} restarts`],
    ],
    isWrong: !isReady || isMute,
  };
}

function countOf({ state, serving, workers, replicas }: NotedFunction): string[] {
  const isReady = state === "ready";
  if (workers !== undefined) {
    return !isReady ? [`${state}: ${serving} of ${workers} serve`] : workers > 1 ? [`${workers} workers`] : [];
  }
  const of = replicas === undefined ? "" : ` of ${replicas}`; // Nuclio does not tell how many there are to be
  return [`${isReady ? "" : `${state}: `}${serving}${of} ${(replicas ?? serving) === 1 ? "pod" : "pods"}`];
}
