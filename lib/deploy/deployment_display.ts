import { type Bundle, manifestOf } from "../bundle/bundle.ts";
import { escapeText } from "../draw/escape.ts";
import { Plot } from "../plot/plot.ts";
import type { GraphView } from "../plot/view.ts";
import type { DeploymentStatus } from "./deployment.ts";
import { describeDeployment, nextSteps } from "./describe_deployment.ts";
import { functionNotes } from "./function_notes.ts";

const STYLE = "margin:0;font-size:0.82rem;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere"; // commands are long

/**
 * What a notebook shows of a deployment in a cluster: its graph with the pods of each function, where it answers, and what can be done next.
 *
 * @param view Its graph; undefined where nobody has it here.
 */
export async function deploymentDisplay(
  status: DeploymentStatus,
  view: GraphView | undefined,
): Promise<Record<string, unknown>> {
  const text = describeDeployment(status) + nextSteps(status);
  if (view === undefined) return { "text/plain": text };
  const plot = new Plot({ ...view, functionNotes: functionNotes(status.functions) });
  const { "text/html": picture } = await plot.display();
  const html = `${picture}<pre style="${STYLE}">${escapeText(text)}</pre>`;
  return { "text/html": html, "text/plain": `${plot.text}\n${text}` };
}

/** The graph of what is deployed, where that is this bundle. */
export function viewOf({ revision }: DeploymentStatus, bundle: Bundle | undefined): GraphView | undefined {
  return bundle?.revision === revision ? manifestOf(bundle).view : undefined;
}
