/** Says whose: what is pruned and deleted is found by it. */
export const GRAPH_LABEL = "app.kubernetes.io/part-of";
/** Says which part of the graph it is. */
export const FUNCTION_LABEL = "levada.dev/function";
/** The bundle that it runs. */
export const REVISION_LABEL = "levada.dev/revision";
/** How Nuclio knows whose project a function is. */
export const PROJECT_LABEL = "nuclio.io/project-name";

/** What a function of a graph is called at the dashboard. */
export function calledOf(graph: string, fn: string): string {
  return fn === graph ? graph : `${graph}-${fn}`;
}
