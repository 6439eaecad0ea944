/** What models tell of their work; who keeps it is not their concern. */

import type { Context } from "./context.ts";

/** A question that was put to a model, or to an ensemble of them, and what became of it. */
export interface ModelCall {
  /** The model's key, with its version: `iris:v2`. */
  readonly model: string;
  /** The name of its class. */
  readonly className: string;
  /** What monitoring calls the model; undefined where nobody said. */
  readonly endpointId: string | undefined;
  /** The function that it runs in. */
  readonly function: string;
  /** `infer`, `predict` or `explain`. */
  readonly operation: string;
  /** The request's id, else the event's. */
  readonly id: string;
  /** When it began. */
  readonly startedAt: Date;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** What else is known of the model. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What the model measured last, by name. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** What it was asked: rows, or tensors. It is read before the call returns, and not kept. */
  readonly inputs: unknown;
  /** What it answered: a reply with `outputs`, or anything else. It is read before the call returns, and not kept. */
  readonly reply?: unknown;
  /** Why neither is in the record; absent where they are. */
  readonly leftOut?: string;
  /** What it failed with; absent where it answered. */
  readonly error?: unknown;
}

/** A monitor as the flow has it: it ends with the flow. */
export interface FlowMonitor extends Monitor {
  /** The last records that it made, oldest first, where it keeps some to look at. */
  recent(): readonly unknown[];
  /** Writes what is left, and lets go of what it opened. It never throws. */
  close(): Promise<void>;
}

/** Keeps records of what models are asked and answer. */
export interface Monitor {
  /** Told of each call that a model worked on; it never throws and never waits. */
  record(call: ModelCall): void;
}

const MONITORS = new WeakMap<Context, Monitor>();

/** Has records be kept of what models do that have this context. */
export function keepMonitor(context: Context, monitor: Monitor): void {
  MONITORS.set(context, monitor);
}

/** What keeps records of the models of this context; undefined where nobody does. */
export function monitorOf(context: Context): Monitor | undefined {
  return MONITORS.get(context);
}
