import type { Context } from "./context.ts";
import type { FlowEvent } from "./event.ts";

/** Which step of which function. */
export interface StepName {
  /** The name of the step; in a route, the route's key. */
  readonly step: string;
  readonly function: string;
}

/** What a model is asked. */
export interface ModelQuestion extends StepName {
  /** The model's key. */
  readonly model: string;
  /** `infer`, `explain`, `my_op`; empty where nobody said. */
  readonly operation: string;
  readonly event: FlowEvent;
}

/** Has a model answer a question, and gives that answer, or the promise of it: for whoever measures it. */
export type ModelWatch = <Answer>(question: ModelQuestion, answer: () => Answer) => Answer;

const WATCHES = new WeakMap<Context, ModelWatch>();

/** Has what models do that have this context be measured. */
export function keepModelWatch(context: Context, watch: ModelWatch): void {
  WATCHES.set(context, watch);
}

/** What measures the models of this context; undefined where nobody looks. */
export function modelWatchOf(context: Context): ModelWatch | undefined {
  return WATCHES.get(context);
}
