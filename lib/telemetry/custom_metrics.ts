import type { StepName } from "../graph/model_watch.ts";
import { metricName } from "./metric_name.ts";
import type { Labels, Registry } from "./registry.ts";
import { Counter, Gauge } from "./series.ts";

const MOST_NAMES = 200; // a bound against names that are made of data
const COUNTS = /_total$/; // Prometheus' own word for what only grows
const HELP = "Measured by context.metric";

/**
 * Keeps what steps and models measure by `context.metric`: `levada_app_<name>`, by function and step. A name that ends in `_total`
 * counts, any other keeps the last value. What is no finite number, has no name, or is one name too many is left out and counted.
 */
export class CustomMetrics {
  readonly #registry: Registry;
  readonly #names = new Set<string>();
  readonly #series = new Map<string, Counter | Gauge | undefined>();

  /** Puts them into a registry. */
  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Takes one value. */
  add(name: string, value: number, { step, function: fn }: StepName): void {
    const key = JSON.stringify([step, fn, name]);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#open(name, { function: fn, step });
      if (series !== undefined) this.#series.set(key, series);
    }
    if (series === undefined || !Number.isFinite(value)) this.#registry.drop();
    else if (series instanceof Counter) series.add(value);
    else series.set(value);
  }

  #open(name: string, labels: Labels): Counter | Gauge | undefined {
    const plain = metricName(name);
    if (plain === undefined) return undefined;
    if (!this.#names.has(plain)) {
      if (this.#names.size >= MOST_NAMES) return undefined;
      this.#names.add(plain);
    }
    const counts = COUNTS.test(plain);
    const full = `levada_app_${plain.replace(COUNTS, "")}`;
    return counts ? this.#registry.counter(full, HELP, labels) : this.#registry.gauge(full, HELP, labels);
  }
}
