import { escapeText } from "../../draw/escape.ts";
import { Plot } from "../../plot/plot.ts";
import type { GraphView } from "../../plot/view.ts";
import { describeDeployment, nextSteps } from "../describe_deployment.ts";
import type { ClusterFunctionStatus, ClusterStatus } from "./cluster_status.ts";

/**
 * What a notebook shows of a deployment in a cluster: its graph with the pods of each function, where it answers, and what can be done next.
 *
 * @param view Its graph; undefined where nobody has it here.
 */
export async function clusterDisplay(
  status: ClusterStatus,
  view: GraphView | undefined,
): Promise<Record<string, unknown>> {
  const text = describeDeployment(status) + nextSteps(status);
  if (view === undefined) return { "text/plain": text };
  const functionNotes = Object.fromEntries(status.functions.map((fn) => [fn.name, noteOf(fn)]));
  const plot = new Plot({ ...view, functionNotes });
  const { "text/html": picture } = await plot.display();
  return { "text/html": `${picture}<pre>${escapeText(text)}</pre>`, "text/plain": `${plot.text}\n${text}` };
}

function noteOf({ state, serving, replicas, restarts }: ClusterFunctionStatus) {
  return {
    lines: [
      `${state === "ready" ? "" : `${state}: `}${serving} of ${replicas} ${replicas === 1 ? "pod" : "pods"}`,
      ...restarts === 0 ? [] : [restarts === 1 ? "1 restart" : `${restarts} restarts`],
    ],
    isWrong: state !== "ready",
  };
}
