import { isA, SecretError } from "../../errors.ts";
import { clientOf, openCaller } from "../ask/caller.ts";
import { DeployError } from "../deploy_error.ts";
import type { ProcessFunctionStatus } from "./deployed_state.ts";
import type { MetricFamily } from "../../telemetry/registry.ts";

const PATIENCE_MS = 5_000;

/** What one function has counted, at one moment. */
export interface FunctionMetrics {
  readonly name: string;
  /** Milliseconds, by a clock that only goes on. */
  readonly at: number;
  /** Undefined where it does not answer. */
  readonly families: readonly MetricFamily[] | undefined;
}

/**
 * Asks a function what it has counted since it started.
 *
 * @throws {DeployError} If it asks for a token, or a certificate, that is not known here.
 */
export async function readMetrics(
  one: Pick<ProcessFunctionStatus, "name" | "url" | "settings" | "state" | "serving">,
): Promise<FunctionMetrics> {
  const { name, state, serving } = one;
  if (state === "failing" && serving === 0) return { name, at: performance.now(), families: undefined }; // it is known not to answer
  const families = await ask(one).catch((error) => {
    if (!isA(error, SecretError)) return undefined; // it may just have died
    throw new DeployError(`count what function "${one.name}" does`, error.message, { cause: error });
  });
  return { name: one.name, at: performance.now(), families };
}

async function ask(
  { url, settings }: Pick<ProcessFunctionStatus, "url" | "settings">,
): Promise<readonly MetricFamily[] | undefined> {
  using caller = await openCaller(settings);
  const response = await fetch(`${url}/metrics`, {
    headers: { ...caller.headers, accept: "application/json" },
    ...clientOf(caller),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const families = await response.json() as readonly MetricFamily[];
  return response.ok && Array.isArray(families) ? families : undefined;
}
