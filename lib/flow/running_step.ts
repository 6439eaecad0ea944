import type { FlowEvent } from "../graph/event.ts";
import type { ErrorClass } from "../graph/node.ts";
import type { Operator } from "../graph/operator.ts";
import type { StepOptions } from "../graph/step.ts";
import type { Gate } from "./gate.ts";
import type { Holding } from "./holding.ts";

/** A step's results for one event, as long as they come. */
export interface OpenStream {
  readonly event: FlowEvent;
  /** Ends it with a failure, whatever it waits for. */
  giveUp(error: unknown): void;
}

/** A step of a running flow. */
export interface RunningStep {
  readonly name: string;
  /** The function that it runs in. */
  readonly function: string;
  readonly options: StepOptions;
  readonly operator: Operator;
  readonly outlets: readonly RunningStep[];
  /** The one outlet of a step that does not answer: an event that goes on unchanged goes there. */
  readonly then: RunningStep | undefined;
  readonly handlers: readonly { readonly step: RunningStep; readonly only?: readonly ErrorClass[] }[];
  /** It takes failures, so its own failure is nobody's to take. */
  readonly isHandler: boolean;
  /** Its result is the caller's answer; or only when the event has failed before, at the end of a handler's chain. */
  readonly answers: "always" | "failures" | "never";
  /** Its failure is the caller's: it leads to the reply, or to an answer for a failed step. */
  readonly isCallers: boolean;
  /** It lies on a cycle, where the last round answers. */
  readonly isOnCycle: boolean;
  /** How often one event may enter it; undefined where it cannot come back. */
  readonly maxIterations: number | undefined;
  /** It gathers the chunks of a streaming step. */
  readonly collects: boolean;
  /** It joins what comes from several branches. */
  readonly joins: boolean;
  /** It is the border between two functions: a queue, which goes on by itself. */
  readonly isBorder: boolean;
  /** Keeps order where the step answers later. */
  readonly gate: Gate;
  /** The events that it holds. */
  readonly holding: Holding;
  /** The events whose results it gives one after another. */
  readonly streams: Set<OpenStream>;
}
