/** Builds and runs a case of storey's own flows. */

import type { GoldenCase } from "../golden_case.ts";
import { Needs } from "../needs.ts";
import { buildStorey, type StoreyFlow } from "./build.ts";
import { runStorey, type StoreyRun } from "./run.ts";

/** What a flow did: as many runs as are recorded, or the refusal. */
export type StoreyPerformance = { readonly runs: readonly StoreyRun[] } | { readonly refused: Error };

/**
 * Runs a case of storey.
 *
 * @throws {Needs} If the case uses what the library or the translator lacks.
 */
export async function performStorey(given: GoldenCase, limitMs: number): Promise<StoreyPerformance> {
  let flow: StoreyFlow;
  try {
    flow = buildStorey(given);
    await (await flow.fn.start({})).close();
  } catch (error) {
    if (error instanceof Needs) throw error;
    return { refused: error instanceof Error ? error : new Error(String(error)) };
  }
  const runs: StoreyRun[] = [];
  for (const _recorded of given.runs ?? []) runs.push(await runStorey(flow, given, limitMs));
  return { runs };
}
