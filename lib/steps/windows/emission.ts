import { z } from "zod";
import type { FlowEvent } from "../../graph/event.ts";
import type { Reaction } from "../../graph/operator.ts";
import type { KeyState } from "./window_table.ts";

/** When `aggregateByKey` gives something out, if not for every event. */
export type EmitPolicy =
  | {
    /** The n-th event of each key, 1 or more; the others end. */
    readonly afterEvents: number;
    /** Also the latest event of a key, so many milliseconds after the first since it last gave one. Default: never. */
    readonly timeoutMs?: number;
  }
  | {
    /**
     * Nothing for the events themselves, which end; but an event for every key whenever the flow's clock comes to the end of the
     * shortest period or window, as it was just before, and at closing for keys that changed since.
     */
    readonly after: "period" | "window";
    /** How long after that end, in milliseconds, so that late events are in it. Default 0. */
    readonly delayMs?: number;
  };

/** The form of an emit policy. */
export const EMIT_POLICY = z.strictObject({
  afterEvents: z.int().min(1).optional(),
  timeoutMs: z.number().positive().optional(),
  after: z.enum(["period", "window"]).optional(),
  delayMs: z.number().nonnegative().optional(),
}).superRefine(({ afterEvents, timeoutMs, after, delayMs }, context) => {
  const tell = (message: string) => context.addIssue({ code: "custom", message });
  if ((afterEvents === undefined) === (after === undefined)) tell("say either afterEvents or after");
  if (after !== undefined && timeoutMs !== undefined) tell("timeoutMs goes with afterEvents");
  if (afterEvents !== undefined && delayMs !== undefined) tell("delayMs goes with after");
});

/** What an aggregating step does for its emission. */
export interface Emitter {
  /** Writes what the windows hold at the event's time into it. */
  readonly finish: () => FlowEvent | Promise<FlowEvent>;
  readonly event: FlowEvent;
  readonly state: KeyState;
}

/** Decides which events go on. */
export interface Emission {
  /** Takes an event that was counted. */
  take(emitter: Emitter): Reaction | Promise<Reaction>;
  /** Takes an event that was too late, or too early, to be counted. */
  takeLate(event: FlowEvent): Reaction;
  flush(): void | Promise<void>;
  close(): void;
}

/** Every event goes on. */
export class EveryEvent implements Emission {
  take({ finish }: Emitter): FlowEvent | Promise<FlowEvent> {
    return finish();
  }

  takeLate(event: FlowEvent): Reaction {
    return event;
  }

  flush(): void {}

  close(): void {}
}
