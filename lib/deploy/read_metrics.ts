import type { MetricFamily } from "../telemetry/registry.ts";

const PATIENCE_MS = 5_000;

/** What one function has counted, at one moment. */
export interface FunctionMetrics {
  readonly name: string;
  /** Milliseconds, by a clock that only goes on. */
  readonly at: number;
  /** Undefined where it does not answer. */
  readonly families: readonly MetricFamily[] | undefined;
}

/** Asks a function what it has counted since it started. */
export async function readMetrics({ name, url }: { name: string; url: string }): Promise<FunctionMetrics> {
  const families = await ask(`${url}/metrics`).catch(() => undefined); // it may just have died
  return { name, at: performance.now(), families };
}

async function ask(url: string): Promise<readonly MetricFamily[] | undefined> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const families = await response.json() as readonly MetricFamily[];
  return response.ok && Array.isArray(families) ? families : undefined;
}
