import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { keyText } from "../graph/key.ts";
import {
  type Code,
  HELD,
  type Operator,
  type Reaction,
  type StepDefinition,
  type StepScope,
} from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** Which events of a window go on. */
export interface SampleWindowOptions<In> {
  /** How many events make a window, 2 or more. */
  windowEvents: number;
  /** The event of each window that goes on. Default `first`. */
  emit?: "first" | "last";
  /** Events of one key, which is text or a number, make windows of their own. Default: all events together. */
  key?: (body: In) => string | number;
  /** The last event of each key goes on as well when the flow closes, if it has not yet. Until it is known whether it is the last, its caller waits. Default false. */
  emitBeforeTermination?: boolean;
}

const OPTIONS = z.strictObject({
  windowEvents: z.int().min(2),
  emit: z.enum(["first", "last"]).optional(),
  emitBeforeTermination: z.boolean().optional(),
});

/** What `sampleWindow` does with events. */
export const SAMPLE_WINDOW: StepDefinition = {
  kind: "sampleWindow",
  shape: "octagon",
  options: OPTIONS,
  code: { key: "optional" },
  canDrop: true,
  holds: true,
  open: (spec, scope) => new SampleWindow(OPTIONS.parse(spec.options), spec.code.key, scope),
};

class SampleWindow implements Operator {
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #key: Code | undefined;
  readonly #scope: StepScope;
  /** How many events the open window of a key has; a key whose window is complete needs no memory. */
  readonly #counts = new Map<string, number>();
  readonly #held = new Map<string, FlowEvent>();

  constructor(options: z.infer<typeof OPTIONS>, key: Code | undefined, scope: StepScope) {
    this.#options = options;
    this.#key = key;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction {
    const { windowEvents, emit = "first", emitBeforeTermination } = this.#options;
    const key = this.#key === undefined ? "" : keyText(this.#key(this.#scope.read(event)), "sample the event");
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count === windowEvents) this.#counts.delete(key);
    else this.#counts.set(key, count);
    const earlier = this.#held.get(key);
    if (earlier !== undefined) {
      this.#held.delete(key);
      this.#scope.end(earlier); // it is not the last one
    }
    if (count === (emit === "first" ? 1 : windowEvents)) return event;
    if (emitBeforeTermination !== true) return [];
    this.#held.set(key, event);
    return HELD;
  }

  flush(): void {
    const last = [...this.#held.values()];
    this.#held.clear();
    for (const event of last) this.#scope.release(event);
  }
}

/**
 * Lets one event of each window of so many events through, the first or the last, so that what follows has less to do. The others
 * end here: their callers get 204 without a body.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { sampleWindow, serving } from "levada";
 *
 * const seen: number[] = [];
 * const fn = serving("sampling");
 * fn.setTopology("flow").to("third", sampleWindow<number>({ windowEvents: 3, emit: "last" })).to("keep", (n) => seen.push(n));
 *
 * const flow = await fn.start();
 * for (const n of [1, 2, 3, 4, 5, 6, 7]) await flow.emit(n);
 * await flow.close();
 * deepStrictEqual(seen, [3, 6]);
 * ```
 *
 * @param options `windowEvents` is 2 or more; `emit` is `first` (default) or `last`; windows are counted by `key`, and begin anew when
 * the flow is started again.
 */
export function sampleWindow<In>(options: SampleWindowOptions<In>): ReadyStep<In, In> {
  const { key, ...data } = options;
  return new ReadyStep(SAMPLE_WINDOW, { ...data }, key === undefined ? {} : { key });
}
