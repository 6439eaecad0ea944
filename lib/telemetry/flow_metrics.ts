import type { Flow } from "../flow/flow.ts";
import type { Instruments } from "../flow/instruments.ts";
import type { ModelState } from "../graph/served_model.ts";
import { CustomMetrics } from "./custom_metrics.ts";
import { measuredStep, WorkTimer } from "./measured_step.ts";
import type { Registry } from "./registry.ts";

/** What steps count under these names, and how it is told; other names are kept together. */
const COUNTED: Readonly<Record<string, readonly [name: string, help: string]>> = {
  failed: ["levada_step_failures", "Events that failed at a step and that no handler took"],
  deadLetters: ["levada_step_dead_letters", "Failed events that nobody was told of"],
  late: ["levada_step_late", "Events that came too late for their window"],
  dropped: ["levada_step_dropped", "Events that were let go because there was no room"],
};
const OTHER = ["levada_step_counted", "What ready steps count by other names"] as const;
const STATES: readonly ModelState[] = ["loading", "ready", "failed", "unloaded", "restarting"];
const KNOWN_OPERATIONS = ["infer", "predict", "explain", "ready"];

/** What a model was asked, and what times it. */
interface Asked {
  readonly fn: string;
  readonly model: string;
  readonly operation: string;
  readonly timer: WorkTimer;
}

/** Measures steps and models of a flow, and takes what they measure themselves. */
export function measuring(registry: Registry): Instruments {
  const custom = new CustomMetrics(registry);
  const models = new Map<string, Asked>();
  let last: Asked | undefined; // a busy server asks one model over and over
  return {
    step(operator, { step, function: fn }) {
      const labels = { function: fn, step };
      return measuredStep(operator, {
        events: registry.counter("levada_step_events", "Events that a step was given", labels),
        times: registry.histogram("levada_step_duration_seconds", "Time that a step works on an event", labels),
      });
    },
    model({ function: fn, model, operation: asked, event }, answer) {
      const operation = operationLabel(asked, event.method);
      if (last?.fn !== fn || last.model !== model || last.operation !== operation) {
        const key = `${fn}\n${model}\n${operation}`;
        last = models.get(key) ?? { fn, model, operation, timer: modelTimer(registry, { fn, model, operation }) };
        models.set(key, last);
      }
      return last.timer.measure(answer);
    },
    metric: (name, value, at) => custom.add(name, value, at),
  };
}

function modelTimer(registry: Registry, { fn, model, operation }: Omit<Asked, "timer">): WorkTimer {
  const labels = { function: fn, model, operation };
  return new WorkTimer(
    registry.histogram("levada_model_duration_seconds", "Time that a model works on a question", labels),
  );
}

/** The operation as a label: a caller may ask for anything. */
function operationLabel(operation: string, method: string): string {
  if (operation === "") return method === "GET" || method === "HEAD" ? "metadata" : "infer";
  return KNOWN_OPERATIONS.includes(operation) ? operation : "other";
}

/** Tells of a running flow whenever the registry is read: what is under way, what queues hold, what steps counted, how models are. */
export function watchFlow(registry: Registry, flow: Flow, name: string): void {
  const own = { function: name };
  registry.beforeReading(() => {
    const { inFlight, waiting, steps } = flow.status();
    registry.gauge("levada_events_in_flight", "Events of which something is not done yet", own).set(inFlight);
    registry.gauge("levada_branches_waiting", "Branches of events that wait for a promise", own).set(waiting);
    const functions = new Map<string, string>();
    for (const { step, function: fn, held, isQueue } of steps) {
      functions.set(step, fn);
      registry.gauge("levada_step_held", "Events that a step keeps", { function: fn, step }).set(held);
      if (isQueue) {
        registry.gauge("levada_queue_depth", "Events that wait in a queue", { function: fn, step }).set(held);
      }
    }
    for (const [step, counts] of Object.entries(flow.counts())) {
      const labels = { function: functions.get(step) ?? "", step };
      for (const [what, count] of Object.entries(counts)) {
        const known = Object.hasOwn(COUNTED, what) ? COUNTED[what] : undefined;
        const [family, help] = known ?? OTHER;
        registry.counter(family, help, known === undefined ? { ...labels, what } : labels).value = count;
      }
    }
    for (const { key, state } of flow.models()) {
      for (const one of STATES) {
        registry.gauge("levada_model_state", "1 for the state that a model is in", { ...own, model: key, state: one })
          .set(Number(one === state));
      }
    }
  });
}
