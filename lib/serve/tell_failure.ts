import { describeThrown, isA, StatusError, StepError } from "../errors.ts";
import type { Instruments } from "../flow/instruments.ts";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { redactText } from "../redact_text.ts";

/** Where failures are told. */
export interface FailureTellerOptions {
  readonly log: Log;
  /** The function that is served. */
  readonly name: string;
  /** Knows the trace of an event; without it the one that its caller named. */
  readonly instruments?: Instruments | undefined;
  /** Default: the machine's time. */
  readonly clock?: Clock;
}

/** Failures of one step with the same words, in the second that runs. */
interface Kind {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  lines: number;
  untold: number;
}

const WINDOW_MS = 1_000;
const MOST_LINES = 5;
const MOST_KINDS = 20; // words may have an id in them: what is beyond is one kind
const OTHER = "other";

/**
 * Writes a line of level `error` for each reply of status 500 and above that a step, a model or the server's own code failed for: with the
 * reason, step, event and trace. In a flood the same is told 5 times a second, then how often more.
 */
export class FailureTeller {
  readonly #options: FailureTellerOptions;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();
  readonly #written = new WeakSet<StepError>();
  #beganMs = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(options: FailureTellerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** A request is answered with this failure; without an event where it came to none. Never throws for what was thrown. */
  tell(error: unknown, event?: FlowEvent): void {
    const status = statusOf(error);
    if (status < 500 || isRefusal(error, status) || this.#written.has(error as StepError)) return;
    const { log, name } = this.#options;
    const [step, cause] = isA(error, StepError) ? [error.step, error.cause] : [undefined, error];
    const reason = redactText(describeThrown(cause).message);
    const message = step === undefined ? `Answered ${status}: ${reason}` : `Step "${step}" failed: ${reason}`;
    const fields = { function: name, ...(step === undefined ? {} : { step }), status };
    const kind = this.#kindOf(message, fields);
    if (kind.lines === MOST_LINES) {
      kind.untold += 1;
      this.#cancel ??= this.#clock.schedule(this.#beganMs + WINDOW_MS - this.#clock.now(), () => this.#endWindow());
      return;
    }
    kind.lines += 1;
    log.error(message, event === undefined ? fields : { ...fields, event: event.id, ...this.#traceOf(event) });
  }

  /** The flow has written this failure itself: it is not written again. */
  leaveOut(error: StepError): void {
    this.#written.add(error);
  }

  /** A reply breaks off for its reader's sake, which no port tells. */
  brokenOff(reason: unknown): void {
    const { log, name } = this.#options;
    log.warn(describeThrown(reason).message, { function: name });
  }

  /** Tells how often more, where that is still to come. */
  close(): void {
    this.#endWindow();
  }

  #kindOf(message: string, fields: Kind["fields"]): Kind {
    const nowMs = this.#clock.now();
    if (nowMs - this.#beganMs >= WINDOW_MS) {
      this.#endWindow();
      this.#beganMs = nowMs;
    }
    const known = this.#kinds.get(message);
    if (known !== undefined) return known;
    const isOther = this.#kinds.size >= MOST_KINDS;
    const key = isOther ? OTHER : message;
    const kind = this.#kinds.get(key) ?? {
      message: isOther ? "other failures" : message,
      fields: isOther ? { function: this.#options.name } : fields,
      lines: 0,
      untold: 0,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  #endWindow(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const { message, fields, untold } of this.#kinds.values()) {
      if (untold > 0) this.#options.log.error(`${untold} times more in a second: ${message}`, { ...fields, untold });
    }
    this.#kinds.clear();
  }

  #traceOf(event: FlowEvent): Readonly<Record<string, string>> {
    const { instruments } = this.#options;
    if (instruments?.logFields !== undefined) return instruments.logFields(event);
    const traceId = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-/.exec(event.headers.get("traceparent") ?? "")?.[1];
    return traceId === undefined ? {} : { traceId };
  }
}

function statusOf(error: unknown): number {
  return isA(error, StepError) || isA(error, StatusError) ? error.status : 500;
}

/** Whether nothing failed: the server has enough to do, or ends. */
function isRefusal(error: unknown, status: number): boolean {
  return status === 503 && !(isA(error, StepError) && error.step !== "graph");
}
