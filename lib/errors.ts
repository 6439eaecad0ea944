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

/**
 * Everything that is wrong with a graph, at once.
 *
 * @example Every fault with its cure
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { GraphError, serving } from "levada";
 *
 * const fn = serving("wrong");
 * fn.setTopology("flow").to("a", (n: number) => n, { retries: -1 }).errorHandler("nobody");
 *
 * const error = await fn.toMockServer().catch((thrown: GraphError) => thrown);
 * if (!(error instanceof GraphError)) throw new Error("it is refused");
 * deepStrictEqual(error.faults.map(({ step, severity }) => [step, severity]), [["a", "error"], ["a", "error"]]);
 * ```
 */
export class GraphError extends Error {
  /** The name of the class. */
  override readonly name = "GraphError";
  /** Every fault that was found, in the order of the steps. */
  readonly faults: readonly Fault[];

  /** Lists the faults below the act that they stopped. */
  constructor(act: string, faults: readonly Fault[]) {
    super(`Cannot ${act}: ${tellFaults(faults)}`);
    this.faults = faults;
  }
}

/** A function cannot leave as a bundle; the message lists every reason, each with a cure. */
export class BundleError extends Error {
  /** The name of the class. */
  override readonly name = "BundleError";
  /** Every reason that was found. */
  readonly faults: readonly Fault[];

  /** Lists the reasons below the act that they stopped. */
  constructor(act: string, faults: readonly Fault[], options?: ErrorOptions) {
    super(`Cannot ${act}: ${tellFaults(faults)}`, options);
    this.faults = faults;
  }
}

function tellFaults(faults: readonly Fault[]): string {
  const lines = faults.map(({ step, cause, cure }) =>
    `  ${step === undefined ? "" : `step "${step}": `}${cause.replace(/[.\s]+$/, "")}. ${cure}`
  );
  return `${faults.length} ${faults.length === 1 ? "fault" : "faults"}\n${lines.join("\n")}`;
}

/** What else a status error may say. */
export interface StatusErrorOptions extends ErrorOptions {
  /** Whether the same may work when it is tried again; a step's `retries` and `breaker` go by it. Default: from status 500 up. */
  isTransient?: boolean;
  /** Before so many milliseconds it is not worth another try. Default: nobody knows. */
  retryAfterMs?: number | undefined;
  /** With 405: the methods that do, for the header `allow` that HTTP asks for (RFC 9110, 15.5.6). */
  allow?: readonly string[] | undefined;
}

/** What was thrown, as text. */
export interface Thrown {
  /** The class of an error; of anything else its type. */
  readonly name: string;
  /** The message of an error; anything else as text. */
  readonly message: string;
  /** Where it was thrown, for an error. */
  readonly stack?: string;
}

const SHOWN_LETTERS = 200;

/** Describes whatever was thrown. Anything can be: undefined, a frozen object, an error whose message cannot be read. */
export function describeThrown(thrown: unknown): Thrown {
  try {
    if (thrown instanceof Error) {
      const { name, message, stack } = thrown;
      return { name: String(name), message: String(message), ...(typeof stack === "string" ? { stack } : {}) };
    }
    if (typeof thrown !== "object" || thrown === null) return { name: typeof thrown, message: String(thrown) };
    return { name: "object", message: (JSON.stringify(thrown) ?? String(thrown)).slice(0, SHOWN_LETTERS) };
  } catch {
    return { name: typeof thrown, message: `something that cannot be read (${typeof thrown})` };
  }
}

/**
 * Thrown in a step, it answers with this status: the caller's fault is 4xx, the graph's is 5xx.
 *
 * @example
 * ```ts
 * import { rejects } from "node:assert/strict";
 * import { serving, StatusError } from "levada";
 *
 * const fn = serving("ages");
 * fn.setTopology("flow").to("adult", (age: number) => {
 *   if (age < 18) throw new StatusError(403, "too young");
 *   return age;
 * }).respond();
 *
 * await using server = await fn.toMockServer();
 * await rejects(server.test("/", 10), { status: 403, message: `Answered 403 by step "adult": too young` });
 * ```
 */
export class StatusError extends Error {
  /** The name of the class. */
  override readonly name: string = "StatusError";
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Whether the same may work when it is tried again. */
  readonly isTransient: boolean;
  /** Before so many milliseconds it is not worth another try; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined;
  /** With 405: the methods that do. */
  readonly allow: readonly string[] | undefined;

  /** Says what the caller is told, and with which status. */
  constructor(status: number, message: string, options: StatusErrorOptions = {}) {
    const { isTransient = status >= 500, retryAfterMs, allow, ...rest } = options;
    super(message, rest);
    this.status = status;
    this.isTransient = isTransient;
    this.retryAfterMs = retryAfterMs;
    this.allow = allow;
  }
}

/** What is known of a remote service's failure. */
export interface RemoteErrorOptions extends StatusErrorOptions {
  /** The status that the service answered with, if it answered. */
  remoteStatus?: number;
  /** What it answered: JSON as a value, else text; without the secrets of the request. */
  answer?: unknown;
}

/** A remote service cannot be asked, or its answer is of no use. `status` is what this means for whoever asked the graph. */
export class RemoteError extends StatusError {
  /** The name of the class. */
  override readonly name = "RemoteError";
  /** The status that the service answered with; undefined where it did not answer. */
  readonly remoteStatus: number | undefined;
  /** What it answered: JSON as a value, else text; undefined where it did not answer. */
  readonly answer: unknown;

  /** Says what the caller is told, with which status, and what the service said. */
  constructor(status: number, message: string, options: RemoteErrorOptions = {}) {
    const { remoteStatus, answer, ...rest } = options;
    super(status, message, rest);
    this.remoteStatus = remoteStatus;
    this.answer = answer;
  }
}

/** `instanceof` for what was thrown: it fails for nothing, also where a proxy does. */
export function isA<Type>(thrown: unknown, Class: abstract new (...args: never) => Type): thrown is Type {
  try {
    return thrown instanceof Class;
  } catch {
    return false;
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
    super(`Step "${step}" failed: ${describeThrown(cause).message}`, { cause });
    this.step = step;
    this.status = isA(cause, StatusError) ? cause.status : 500;
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
    const by = body.step === undefined ? "" : ` by step "${body.step}"`;
    super(`Answered ${status}${by}: ${body.error}`);
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

/** A stream cannot take, give or keep a record. */
export class StreamError extends Error {
  /** The name of the class. */
  override readonly name = "StreamError";
}

/** A stream is not there, and was not to be made. */
export class MissingStreamError extends StreamError {}

/** Rows cannot be read or written: the file is broken, a value does not fit its column, a database refuses. */
export class DataError extends Error {
  /** The name of the class. */
  override readonly name = "DataError";
}

/** A secret is not where it should be. The message names the places, never the secret. */
export class SecretError extends Error {
  /** The name of the class. */
  override readonly name = "SecretError";
}

/** A server cannot listen: its port is taken, or not to be had. */
export class ListenError extends Error {
  /** The name of the class. */
  override readonly name = "ListenError";
}

/** Why a store does not give or take bytes. */
export type StoreReason =
  | "missing"
  | "forbidden"
  | "unreachable"
  | "timeout"
  | "changed"
  | "broken"
  | "refused";

/** What is known of a store's failure. */
export interface StoreErrorOptions extends ErrorOptions {
  /** Why. */
  reason: StoreReason;
  /** The status that the store answered with, if it answered. */
  status?: number | undefined;
}

/**
 * A store does not give or take bytes. `reason` says why: `missing` (there is nothing there), `forbidden` (credentials are missing, wrong,
 * or not enough), `unreachable` (no connection, or the store answers 5xx), `timeout`, `changed` (other bytes than when it was begun),
 * `broken` (fewer bytes than promised, a wrong checksum, an archive that is none), `refused` (the request is not one for this store).
 */
export class StoreError extends Error {
  /** The name of the class. */
  override readonly name = "StoreError";
  /** Why. */
  readonly reason: StoreReason;
  /** The status that the store answered with; undefined where it did not answer. */
  readonly status: number | undefined;

  /** Says the act, the URL without its secrets, and the state. */
  constructor(message: string, { reason, status, ...rest }: StoreErrorOptions) {
    super(message, rest);
    this.reason = reason;
    this.status = status;
  }
}
