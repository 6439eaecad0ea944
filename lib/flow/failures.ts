import { describeThrown, type StepError, type Thrown } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import { redactText } from "../redact_text.ts";
import type { Counts } from "./counts.ts";
import { traceHeaders } from "./instruments.ts";
import type { Surroundings } from "./surroundings.ts";
import { tripOf } from "./trip.ts";

/** A failure, as the error stream gets it and the dead letters keep it. */
export interface FailureRecord {
  /** `failed`: no handler took the failure. `reported`: a step reported it by `context.pushError` and went on. */
  readonly kind: "failed" | "reported";
  /** The step that failed, or that reported. */
  readonly step: string;
  /** The event, with the body as the step had it. */
  readonly event: {
    readonly id: string;
    readonly key: string | undefined;
    readonly path: string;
    readonly body: unknown;
  };
  /** What was thrown, without secrets. */
  readonly error: Thrown;
  /** The failure that an error handler was to take, where it failed itself. */
  readonly handled?: { readonly step: string; readonly message: string };
  /** When it failed. */
  readonly time: Date;
}

/** Gets every failure of a flow, of an event that is delivered again and again those of the last time; what it throws is logged, and nothing else comes of it. `trace` gives the headers by which its trace goes on. */
export type ErrorStream =
  & ((failure: FailureRecord, trace: () => Readonly<Record<string, string>>) => void | Promise<void>)
  & {
    /** Called when the flow has closed, and everything is taken. */
    close?(): Promise<void>;
  };

const KEPT = 10_000; // to look at; bounded for a server that runs for days

/** Where failures go that no handler took: the log, the counts, the error stream, and, where nobody was told, the dead letters. */
export class Failures {
  readonly #surroundings: Surroundings;
  readonly #counts: Counts;
  readonly #clock: Clock;
  readonly #letters: FailureRecord[] = [];
  readonly #pushing = new Set<Promise<void>>();

  constructor(surroundings: Surroundings, counts: Counts, clock: Clock) {
    this.#surroundings = surroundings;
    this.#counts = counts;
    this.#clock = clock;
  }

  /** A step failed and no handler took it; `isTold` where the caller gets it as the answer. */
  failed(event: FlowEvent, error: StepError, isTold: boolean): void {
    const { step, cause } = error;
    this.#counts.add(step, "failed");
    // A handler that fails is the graph's fault and not the caller's, so it is kept besides.
    const isKept = !isDelivered(event) && (!isTold || event.error !== undefined);
    if (isKept || this.#surroundings.errorStream !== undefined) {
      const record = this.#record("failed", event, { step, error: shownOf(cause) });
      if (isDelivered(event)) this.#pushOnceGivenUp(record, event);
      else this.#push(record, event);
      if (isKept) this.#keep(record);
    }
    if (!isTold) this.#log("error", error.message, { event: event.id, step, error: describeThrown(cause).name });
  }

  /** A step reports an error and goes on. */
  reported(event: FlowEvent, error: unknown, step: string): void {
    this.#push(this.#record("reported", event, { step, error: shownOf(error) }), event);
  }

  /** What nobody was told of, oldest first. */
  get letters(): readonly FailureRecord[] {
    return this.#letters;
  }

  /** Resolves when the error stream has taken everything, and is closed. */
  async close(): Promise<void> {
    while (this.#pushing.size > 0) await Promise.all(this.#pushing);
    await this.#surroundings.errorStream?.close?.();
  }

  #record(
    kind: FailureRecord["kind"],
    { id, key, path, body, error: earlier }: FlowEvent,
    { step, error }: { step: string; error: Thrown },
  ): FailureRecord {
    const handled = earlier === undefined
      ? {}
      : { handled: { step: earlier.step, message: redactText(earlier.message) } };
    return { kind, step, event: { id, key, path, body }, error, ...handled, time: new Date(this.#clock.now()) };
  }

  #keep(record: FailureRecord): void {
    this.#counts.add(record.step, "deadLetters");
    this.#letters.push(record);
    if (this.#letters.length > KEPT) this.#letters.shift();
  }

  #push(record: FailureRecord, event: FlowEvent): void {
    const { errorStream, instruments } = this.#surroundings;
    if (errorStream === undefined) return;
    const fail = (error: unknown) => {
      this.#counts.add(record.step, "errorStreamFailed");
      const why = describeThrown(error).message;
      this.#log("warn", `Cannot push a failure of step "${record.step}" to the error stream: ${why}`, {
        event: record.event.id,
      });
    };
    try {
      const pushing = errorStream(record, () => traceHeaders(event, "publishes", instruments));
      if (!(pushing instanceof Promise)) return;
      const done = pushing.catch(fail).finally(() => this.#pushing.delete(done));
      this.#pushing.add(done);
    } catch (error) {
      fail(error);
    }
  }

  /** Whoever delivered the event may try it again; an event that was made of several is given up with the first of them. */
  #pushOnceGivenUp(record: FailureRecord, event: FlowEvent): void {
    let isTold = false;
    const tell = () => {
      if (!isTold) this.#push(record, event);
      isTold = true;
    };
    for (const root of tripOf(event).roots()) root.tellLater(tell);
  }

  /** A log that fails must not fail the event as well. */
  #log(level: "error" | "warn", message: string, fields: Readonly<Record<string, unknown>>): void {
    try {
      this.#surroundings.log[level](message, fields);
    } catch {
      this.#counts.add("log", "failed");
    }
  }
}

/** Whoever delivered the event is told of every failure, and keeps it: a stream has dead letters of its own. */
function isDelivered(event: FlowEvent): boolean {
  for (const root of tripOf(event).roots()) if (!root.isDelivered) return false;
  return true;
}

/** What was thrown, as it leaves: without secrets. */
function shownOf(thrown: unknown): Thrown {
  const { name, message, stack } = describeThrown(thrown);
  return { name, message: redactText(message), ...(stack === undefined ? {} : { stack: redactText(stack) }) };
}
