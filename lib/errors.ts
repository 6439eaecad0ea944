/** The tree of everything that can go wrong. A message says the act, the wish and the state. */

/** One thing that is wrong with a graph: where, why, and what to do about it. */
export interface Fault {
  /** The step that is at fault, where it is one step's. */
  readonly step?: string;
  /** What is wrong. */
  readonly cause: string;
  /** What to do about it. */
  readonly cure: string;
  /** A warning does not stop the graph from running. */
  readonly severity: "error" | "warning";
}

/** Everything that is wrong with a graph, at once. */
export class GraphError extends Error {
  /** The name of the class. */
  override readonly name = "GraphError";
  /** Every fault that was found, in the order of the steps. */
  readonly faults: readonly Fault[];

  /** Lists the faults below the act that they stopped. */
  constructor(act: string, faults: readonly Fault[]) {
    const lines = faults.map((fault) =>
      `  ${fault.step === undefined ? "" : `step "${fault.step}": `}${
        fault.cause.replace(/[.\s]+$/, "")
      }. ${fault.cure}`
    );
    super(`Cannot ${act}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}\n${lines.join("\n")}`);
    this.faults = faults;
  }
}

/** Thrown in a step, it answers with this status: the caller's fault is 4xx, the graph's is 5xx. */
export class StatusError extends Error {
  /** The name of the class. */
  override readonly name: string = "StatusError";
  /** HTTP status, 400 to 599. */
  readonly status: number;

  /** Says what the caller is told, and with which status. */
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A step failed and no handler took the failure; `cause` is what the step threw. */
export class StepError extends Error {
  /** The name of the class. */
  override readonly name = "StepError";
  /** The step that failed. */
  readonly step: string;
  /** HTTP status, 400 to 599: a `StatusError`'s own, else 500. */
  readonly status: number;

  /** Keeps the step, and what it threw as `cause`. */
  constructor(step: string, cause: unknown) {
    super(`Step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.step = step;
    this.status = cause instanceof StatusError ? cause.status : 500;
  }
}

/** What a reply with a status of 300 or more says. */
export interface ReplyBody {
  /** What went wrong, for a person. */
  readonly error: string;
  /** The step that failed, where one did. */
  readonly step?: string;
  /** The event's id. */
  readonly id: string;
}

/** A request was answered with a status of 300 or more. */
export class ReplyError extends Error {
  /** The name of the class. */
  override readonly name = "ReplyError";
  /** HTTP status, 300 to 599. */
  readonly status: number;
  /** What the answer says. */
  readonly body: ReplyBody;

  /** Keeps the status, and the body as it came. */
  constructor(status: number, body: ReplyBody) {
    super(`Answered ${status}: ${body.error}`);
    this.status = status;
    this.body = body;
  }
}

/** A value does not have the shape that was asked for. */
export class ShapeError extends RangeError {
  /** The name of the class. */
  override readonly name = "ShapeError";
}

/** A model cannot be loaded: its file is missing, unreadable, or not what it should be. */
export class ModelError extends Error {
  /** The name of the class. */
  override readonly name = "ModelError";
}
