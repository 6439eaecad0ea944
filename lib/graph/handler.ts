import type { FlowEvent } from "./event.ts";
import type { ErrorClass } from "./node.ts";
import type { Step, StepOptions } from "./step.ts";

/** Handles an error; it gets the body as the failing step received it, or, with `fullEvent`, the event with its `error`. */
// deno-lint-ignore no-explicit-any -- what failed is known only at run time, so a handler declares what it reads
export type Catcher<Args, Full> = Step<Full extends true ? FlowEvent<any> : any, unknown, Args, unknown>;

/** Options of an error handler: those of its class and of a step, and which errors it takes. */
export type CatcherOptions<Args, Full> = NoInfer<Args> & StepOptions<string, string, Full> & {
  /** Only failures of these classes, subclasses included. */
  only?: readonly ErrorClass[];
  /** The flow goes on at this step with what the handler returns. */
  before?: string;
};
