import type { Labels, MetricFamily } from "./registry.ts";

/** How values are written. */
export interface MetricsText {
  /** The `content-type` that goes with it. */
  readonly contentType: string;
  /** All values. */
  readonly text: string;
}

const PLAIN = "text/plain; version=0.0.4; charset=utf-8";
const JSON_TYPE = "application/json";
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/**
 * Writes values as Prometheus reads them: in its text format, or in OpenMetrics where the reader says that it takes that. Programs of
 * ours ask for JSON: the families as they are.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { metricsText } from "./prometheus_text.ts";
 * import { Registry } from "./registry.ts";
 *
 * const registry = new Registry();
 * registry.counter("apples", "Eaten", { kind: "red" }).add(2);
 * const { text } = metricsText(registry.collect());
 * strictEqual(text.slice(0, 81), '# HELP apples_total Eaten\n# TYPE apples_total counter\napples_total{kind="red"} 2\n');
 * ```
 *
 * @param accept The request's `accept` header; null for none.
 * @see Source: Prometheus, Exposition formats, "Text format details"; OpenMetrics 1.0.0, "Text format".
 */
export function metricsText(families: readonly MetricFamily[], accept: string | null = null): MetricsText {
  if (accept === JSON_TYPE) return { contentType: JSON_TYPE, text: JSON.stringify(families) };
  const isOpen = accept?.includes("application/openmetrics-text") === true;
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    const title = type === "counter" && !isOpen ? `${name}_total` : name;
    lines.push(`# ${isOpen ? "TYPE" : "HELP"} ${title} ${isOpen ? type : helpText(help, isOpen)}`);
    lines.push(`# ${isOpen ? "HELP" : "TYPE"} ${title} ${isOpen ? helpText(help, isOpen) : type}`);
    for (const { suffix, labels, value } of samples) {
      lines.push(`${name}${suffix}${labelsText(labels)} ${valueText(value)}`);
    }
  }
  if (isOpen) lines.push("# EOF");
  return { contentType: isOpen ? OPEN_METRICS : PLAIN, text: `${lines.join("\n")}\n` };
}

/** The values of several processes, each with the name of its process as label `worker`. */
export function joinWorkers(workers: ReadonlyMap<string, readonly MetricFamily[]>): MetricFamily[] {
  const joined = new Map<string, MetricFamily & { samples: MetricFamily["samples"][number][] }>();
  for (const [worker, families] of workers) {
    for (const family of families) {
      const one = joined.get(family.name) ?? { ...family, samples: [] };
      joined.set(family.name, one);
      if (one.type !== family.type) continue; // two processes of different code: what does not fit is left out
      for (const sample of family.samples) one.samples.push({ ...sample, labels: { worker, ...sample.labels } });
    }
  }
  return [...joined.values()].sort((one, other) => one.name < other.name ? -1 : 1);
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Line breaks and backslashes escaped; what is no character replaced. */
function escapeText(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function helpText(help: string, isOpen: boolean): string {
  return isOpen ? escapeText(help).replaceAll('"', '\\"') : escapeText(help);
}

function valueText(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
