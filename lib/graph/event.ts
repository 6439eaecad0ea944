/** What flows through a graph. */

import { keyText } from "./key.ts";

/** What went wrong in a step, as an error handler sees it on `event.error`. */
export interface StepFailure {
  /** Class name of what was thrown. */
  readonly name: string;
  /** The message of what was thrown. */
  readonly message: string;
  /** The step that failed. */
  readonly step: string;
  /** The stack of what was thrown. */
  readonly stack?: string;
  /** What the step threw. */
  readonly cause?: unknown;
}

/** What is known of an event when it enters a graph; everything has a default. */
export interface EventInit {
  /** Default: a new UUID. */
  readonly id?: string | undefined;
  /** Events of one key keep their order. */
  readonly key?: string | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Default `POST`. */
  readonly method?: string | undefined;
  /** Default: none. */
  readonly headers?: HeadersInit | undefined;
  /** When it happened; default now. */
  readonly time?: Date | undefined;
  /** What brought it: `http`, a stream's URL; default none. */
  readonly trigger?: string | undefined;
  /** The partition of the stream that it comes from: events of one partition keep their order. */
  readonly partition?: string | undefined;
  /** What its request gives by name: of path, query and body, as the function's API says. Default: nothing. */
  readonly given?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Aborts when whoever sent it does not wait any more; or gives the signal when something first waits for it, where having one costs: the
   * signal of an HTTP request is as dear as the request.
   */
  readonly signal?: AbortSignal | (() => AbortSignal) | undefined;
}

/** The place of an event among the results of a streaming step. */
export interface Chunk {
  /** The same object for all chunks of one stream. */
  readonly stream: object;
  /** Counted from 0. */
  readonly index: number;
  /** Nothing follows, because all is there or because the step failed; such an event has no body, and only a collector gets it. */
  readonly end?: "complete" | "failed";
}

/** Where the engine counts what becomes of an event. */
export interface Track {
  /** Aborts when the caller hangs up or the time for the event is over. */
  readonly signal: AbortSignal;
}

/** What copies of one event share, but those that a step gave another id: made when somebody first asks for it. */
class Identity {
  readonly init: EventInit;
  #id: string | undefined;
  #time: Date | undefined;
  #headers: Headers | undefined;

  constructor(init: EventInit) {
    this.init = init;
  }

  get id(): string {
    return this.#id ??= this.init.id ?? crypto.randomUUID();
  }

  get time(): Date {
    return this.#time ??= this.init.time ?? new Date();
  }

  get headers(): Headers {
    return this.#headers ??= new Headers(this.init.headers);
  }

  set headers(headers: Headers) {
    this.#headers = headers;
  }
}

const NOTHING_GIVEN: Readonly<Record<string, unknown>> = Object.freeze({});
const NOTHING_KNOWN: EventInit = Object.freeze({});

/**
 * The key that is given for an event, when all that is given is sound.
 *
 * @throws {TypeError} If the key is neither text nor a finite number, or the time is no date.
 */
export function keyOf({ key, time }: EventInit): string | undefined {
  if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
    throw new TypeError(`Cannot make an event: its time is ${time instanceof Date ? "an invalid date" : "no date"}`);
  }
  return key === undefined || typeof key === "string" ? key : keyText(key, "make an event");
}

/**
 * One event: a body, and what is known about it. Steps read and replace the body; the rest stays as it came.
 *
 * @example A step that asks for the event reads what came with it
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type FlowEvent, serving } from "levada";
 *
 * const fn = serving("paths");
 * fn.setTopology("flow")
 *   .to("path", (event: FlowEvent<number>) => `${event.method} ${event.path}: ${event.body}`, { fullEvent: true })
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/levels", 5), "POST /levels: 5");
 * ```
 */
export class FlowEvent<Body = unknown> {
  /** What steps read and replace. */
  body: Body;
  /** Events of one key keep their order. */
  key: string | undefined;
  /** Set when the event is on its way to an error handler. */
  error: StepFailure | undefined;
  /** Which of a streaming step's results this is, from 0; undefined for an event that is no such chunk. */
  chunk: Chunk | undefined;
  /** The engine's own; undefined outside a running flow. */
  track: Track | undefined;
  /** The engine's own: the same object for all that one event was copied to for several branches. */
  origin: object | undefined;
  /** The engine's own: events of one lane keep their order where no key says more. */
  lane: string | undefined;
  /** The engine's own: where it stands among those that a step keeps; undefined where none does. */
  place: object | undefined;
  /** The engine's own: how often the event entered each step that lies on a cycle. */
  visits: Map<string, number> | undefined;
  #init: EventInit;
  #identity: Identity | undefined;

  /**
   * Makes an event of a body; see `EventInit` for what else is known.
   *
   * @throws {TypeError} If the key is neither text nor a finite number, or the time is no date.
   */
  constructor(body: Body, init: EventInit = NOTHING_KNOWN) {
    this.body = body;
    this.key = init === NOTHING_KNOWN ? undefined : keyOf(init);
    this.error = undefined;
    this.chunk = undefined;
    this.track = undefined;
    this.origin = undefined;
    this.lane = init.partition;
    this.place = undefined;
    this.visits = undefined;
    this.#init = init;
    this.#identity = undefined;
  }

  get #shared(): Identity {
    return this.#identity ??= new Identity(this.#init);
  }

  /** Names the event in replies and logs. */
  get id(): string {
    return this.#shared.id;
  }

  /** The engine's own: the same object for everything that one event was copied to or taken apart into, whatever id it was given. */
  get identity(): object {
    return this.#shared;
  }

  /** The path of the request; `/` without one. */
  get path(): string {
    return this.#init.path ?? "/";
  }

  /** The method of the request; `POST` without one. */
  get method(): string {
    return this.#init.method ?? "POST";
  }

  /** What came with the request. */
  get headers(): Headers {
    return this.#shared.headers;
  }

  /** The engine's own: gives it headers that nobody else holds, which saves a copy. */
  takeHeaders(headers: Headers): void {
    this.#shared.headers = headers;
  }

  /** When it happened. */
  get time(): Date {
    return this.#shared.time;
  }

  /** The partition of the stream that it comes from; undefined where it comes from none. */
  get partition(): string | undefined {
    return this.#init.partition;
  }

  /** Aborts when whoever sent it does not wait any more; undefined where nobody said. */
  get senderSignal(): AbortSignal | undefined {
    const { signal } = this.#init;
    return typeof signal === "function" ? signal() : signal;
  }

  /** Whether having the signal of whoever sent it costs. */
  get isSignalDear(): boolean {
    return typeof this.#init.signal === "function";
  }

  /** Whether there is somebody who may leave. */
  get hasSender(): boolean {
    return this.#init.signal !== undefined;
  }

  /** Whether whoever sent it is known to have left. */
  get hasLeft(): boolean {
    const { signal } = this.#init;
    return typeof signal === "object" && signal.aborted;
  }

  /** What brought it: `http`, the URL of a stream; undefined where nobody said. */
  get trigger(): string | undefined {
    return this.#init.trigger;
  }

  /** What its request gives by name: of path, query and body, as the function's API says (`setApi`). */
  get given(): Readonly<Record<string, unknown>> {
    return this.#init.given ?? NOTHING_GIVEN;
  }

  /** Takes over body, key and error of an event that a step gave back in place of this one. */
  adopt(other: FlowEvent<Body>): void {
    this.body = other.body;
    this.key = other.key;
    this.error = other.error ?? this.error;
  }

  /** The same event with another body: same id, key, path, headers and time. */
  with<Other>(body: Other): FlowEvent<Other> {
    const copy = new FlowEvent(body, this.#init);
    copy.#identity = this.#shared;
    copy.key = this.key;
    copy.error = this.error;
    copy.chunk = this.chunk;
    copy.track = this.track;
    copy.origin = this.origin;
    copy.lane = this.lane;
    copy.visits = this.visits === undefined ? undefined : new Map(this.visits);
    return copy;
  }

  /** The same event with what its request gives by name. */
  withGiven(given: Readonly<Record<string, unknown>>): FlowEvent<Body> {
    const copy = this.with(this.body);
    copy.#init = { ...this.#init, given };
    return copy;
  }

  /** The same event under another id. */
  withId(id: string): FlowEvent<Body> {
    const copy = this.with(this.body);
    copy.#identity = new Identity({ ...this.#init, id, time: this.time, headers: this.headers });
    return copy;
  }
}
