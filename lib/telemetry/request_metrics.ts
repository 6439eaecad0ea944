import { matchModelPath, type ModelAddress } from "../protocol/model_path.ts";
import type { Registry } from "./registry.ts";
import type { Counter, Histogram } from "./series.ts";

/** What is counted of requests for one model, or for none. */
interface Asked {
  readonly model: string;
  readonly times: Histogram;
  readonly codes: Map<number, Counter>;
}

const KEPT_PATHS = 1_000; // of paths to models: a client's path must not fill the memory

/** Counts and times requests, by function, model and status. A model is one that is served: no caller can make a label. */
export class RequestMetrics {
  readonly #registry: Registry;
  readonly #function: string;
  readonly #models: () => readonly string[];
  readonly #byPath = new Map<string, Asked>();
  readonly #byModel = new Map<string, Asked>();
  /** Requests that are not answered yet. */
  inFlight = 0;

  /** `models` gives the keys of the models that are served now. */
  constructor(registry: Registry, { function: fn, models }: { function: string; models: () => readonly string[] }) {
    this.#registry = registry;
    this.#function = fn;
    this.#models = models;
    const gauge = registry.gauge("levada_requests_in_flight", "Requests that are not answered yet", { function: fn });
    registry.beforeReading(() => gauge.set(this.inFlight));
  }

  /** A request begins. */
  begin(): void {
    this.inFlight += 1;
  }

  /** A request that began at a time (`performance.now()`) is answered. */
  end(path: string, status: number, beganMs: number): void {
    this.inFlight -= 1;
    const asked = this.#byPath.get(path) ?? this.#askedBy(path);
    let codes = asked.codes.get(status);
    if (codes === undefined) {
      codes = this.#registry.counter("levada_requests", "Requests by their answer's status", {
        function: this.#function,
        model: asked.model,
        code: String(status),
      });
      asked.codes.set(status, codes);
    }
    codes.add();
    asked.times.observe((performance.now() - beganMs) / 1_000);
  }

  #askedBy(path: string): Asked {
    const address = matchModelPath(path);
    const key = address?.kind === "model" ? keyOf(address) : "";
    if (key !== "" && !this.#models().includes(key)) return this.#asked(""); // it may be served later
    const asked = this.#asked(key);
    if (this.#byPath.size < KEPT_PATHS) this.#byPath.set(path, asked);
    return asked;
  }

  #asked(model: string): Asked {
    let asked = this.#byModel.get(model);
    if (asked === undefined) {
      const labels = { function: this.#function, model };
      asked = {
        model,
        times: this.#registry.histogram("levada_request_duration_seconds", "Time from a request to its answer", labels),
        codes: new Map(),
      };
      this.#byModel.set(model, asked);
    }
    return asked;
  }
}

function keyOf({ name, version }: ModelAddress): string {
  return version === undefined ? name : `${name}:${version}`;
}
