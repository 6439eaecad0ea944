import { feed } from "../../lib/flow/feed.ts";
import { Graph } from "../../lib/graph/graph.ts";
import type { ReadyStep } from "../../lib/graph/step.ts";
import { memoryLog, runGraph } from "./run_graph.ts";

/** Sends rows through a writer until they are written; gives what went on, and what was logged. */
export async function writeRows(
  writer: ReadyStep<unknown, unknown>,
  rows: Iterable<unknown>,
): Promise<{ written: unknown[]; errors: string[] }> {
  const written: unknown[] = [];
  const graph = new Graph<unknown>("g");
  graph.to("write", writer).to("keep", (row) => void written.push(row));
  const log = memoryLog();
  const flow = await runGraph(graph, { log });
  await feed(flow, rows, { log });
  await flow.close();
  return { written, errors: log.lines };
}
