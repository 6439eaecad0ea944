import type { Fault } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Context } from "./context.ts";
import type { EarlyReply } from "./early_reply.ts";
import type { FlowEvent } from "./event.ts";
import type { Schema } from "./schema.ts";
import type { ServedModel } from "./served_model.ts";
import type { StepOptions } from "./step.ts";
import type { StepSignature } from "./signature.ts";
import type { StepPlace } from "./step_place.ts";

/** The step keeps the event and gives it back later, by `StepScope.release`, `end` or `fail`. */
export const HELD = Symbol("held");

/**
 * What a running step answers for one event:
 * the event itself, which goes on to every outlet; several events, which all go on (none: the event ends here);
 * `Chosen`, which goes on to some outlets only; `Joined`, one event made of this one and held ones; `Streamed`, chunk after
 * chunk; `EarlyReply`, the caller's answer, with which the event ends; or `HELD`.
 */
export type Reaction = FlowEvent | readonly FlowEvent[] | Chosen | Joined | Streamed | EarlyReply | typeof HELD;

/** Sends an event to the outlets of these names only. */
export class Chosen {
  /** Names the outlets that get the event; none ends it. */
  constructor(readonly event: FlowEvent, readonly outlets: readonly string[]) {}
}

/** One event in the place of several: whoever sent one of them is answered by what becomes of it. */
export class Joined {
  /** Names the events that it stands for: the one that is being processed, and held ones. */
  constructor(readonly event: FlowEvent, readonly of: readonly FlowEvent[]) {}
}

/** Events that a step makes one after another: the next is asked for when the one before is done with. */
export class Streamed {
  /** Takes the event that they come from, and their bodies. */
  constructor(
    readonly event: FlowEvent,
    readonly chunks: Iterator<unknown, unknown, undefined> | AsyncIterator<unknown, unknown, undefined>,
  ) {}
}

/** A step that is a function of the body alone; the engine may call it without making an event. */
export interface PlainCall {
  /** The user's function. */
  readonly fn: (body: unknown, context: Context) => unknown;
  /** What it gets besides the body. */
  readonly context: Context;
  /** Whether the function may look at the context, which then has the event's own signal. */
  readonly takesContext: boolean;
  /** What the step answers for an event whose body gave this result, which is an object. */
  react(result: object, event: FlowEvent): Reaction | Promise<Reaction>;
}

/** A step where it runs. */
export interface Operator {
  /** Set where `process` does nothing but call this. */
  readonly plain?: PlainCall;
  /** Takes one event. What it throws is the event's failure. It answers at once where it can: only a promise is awaited. */
  process(event: FlowEvent): Reaction | Promise<Reaction>;
  /**
   * Makes the answer of what the promise of `process` gave, where that is not the answer itself: a promise less for each event of a
   * step that answers later.
   */
  settle?(value: unknown, event: FlowEvent): Reaction;
  /** Told that the engine keeps an event for which the step answered `HELD`: from now on it may be released. */
  held?(event: FlowEvent): void;
  /**
   * Told that nothing more can come of what this held event came from: every other branch of it has ended or is held as well. A
   * join gives out what it has, or ends it.
   */
  stalled?(held: FlowEvent): void;
  /** Gives out everything that is held; called when the flow closes, in the order of the steps, before the flow has drained. */
  flush?(): void | Promise<void>;
  /** What the flow's `close` gives: the result of a fold over all events. Asked when the flow has drained. */
  result?(): unknown;
  /** Called once when the flow has drained. */
  close?(): void | Promise<void>;
  /** The tensors that it takes and gives, now that it is open; undefined or none where it does not know. */
  signatures?(): readonly StepSignature[];
  /** The models that it serves; none where it is no router and no model. */
  models?(): readonly ServedModel[];
}

/** A way out of the graph that takes time: into a stream. */
export interface Outlet {
  /** Hands over events, in order; resolves when they are safe outside. */
  send(events: readonly FlowEvent[]): Promise<void>;
  /** Called once when the flow has drained. */
  close(): Promise<void>;
}

/** Where a step finds itself when it is opened: its context, and what `inputPath`, `resultPath` and `fullEvent` make of an event. */
export interface StepScope {
  /** What the step may ask of its surroundings; the same object for every event. */
  readonly context: Context;
  /** How many steps lead to it. */
  readonly inlets: number;
  /** The names of the steps behind it, in order. */
  readonly outlets: readonly string[];
  /** How many events the steps behind it take at once: the largest `maxInFlight` of those of this function, 1 where none says so. */
  readonly inFlightBehind: number;
  /** The time that the flow goes by. */
  readonly clock: Clock;
  /** What the step's function gets as its context for one event: with that event's `signal`. */
  contextOf(event: FlowEvent): Context;
  /** The W3C headers by which the event's trace goes on in a request to another service; none where the request gets them anyway. */
  traceHeaders(event: FlowEvent): Readonly<Record<string, string>>;
  /** Whether the step's function gets the body, and its result replaces it: no path, no event. */
  readonly isPlain: boolean;
  /** Where in the body the result goes; undefined where it replaces the body. */
  readonly resultPath: string | undefined;
  /** Whether whoever gets the body only reads it (`share`), so that nobody needs a copy. */
  readonly isShared: boolean;
  /** What the step's function gets: the body, the part of it at `inputPath`, or the event itself. */
  read(event: FlowEvent): unknown;
  /** Puts a result into the event: as its body, or into the body at `resultPath`. */
  write(event: FlowEvent, result: unknown): void;
  /**
   * Sends a held event on; or an event made of held ones, which are `of`. Resolves when it has ended everywhere, or is kept by other steps.
   */
  release(event: FlowEvent, of?: readonly FlowEvent[]): Promise<void>;
  /** Ends a held event here: it has no result. */
  end(held: FlowEvent): void;
  /** Fails a held event, as if `process` had thrown. */
  fail(held: FlowEvent, error: unknown): void;
  /**
   * Sends an event of the step's own to the steps behind it: nobody sent it in, and nobody is answered. Resolves when it has ended
   * everywhere, or is kept by other steps.
   */
  begin(event: FlowEvent): Promise<void>;
  /** What steps of one function share under a name while the flow runs: made for the first that asks. */
  share<Value>(name: string, make: () => Value): Value;
  /** Hands over an event that leaves the graph here. */
  send(event: FlowEvent): void;
  /**
   * Opens the stream by which events leave the graph here. Undefined where the graph runs without streams: then `send` keeps what
   * leaves.
   */
  openOutlet(
    options: { readonly path?: string | undefined; readonly capacityEvents?: number | undefined },
  ): Promise<Outlet | undefined>;
  /** Counts something under a name, for the metrics and the test kit: `late`, `dropped`. */
  count(name: string, by?: number): void;
  /** The context of a route of this step. */
  routeContext(key: string): Context;
  /** The parameters of the function, for what runs elsewhere than in this program; steps ask by `context.param`. */
  readonly params: ReadonlyMap<string, unknown>;
  /**
   * Does a piece of work as the step's `retries`, `backoffMs`, `timeoutMs` and `breaker` say: for a step that `triesItself`. The
   * work gets a signal that aborts when its try is cut off, or when `options.signal` does.
   */
  attempt<Result>(work: (signal: AbortSignal) => Promise<Result>, options: AttemptOptions): Promise<Result>;
}

/** What a step says of a piece of work that may be tried again and cut off. */
export interface AttemptOptions {
  /** Aborts when nobody wants the result any more. */
  readonly signal: AbortSignal;
  /** What a try fails with that is cut off after so many milliseconds. Default: a `StatusError` 504 that names the step. */
  readonly overdue?: (limitMs: number) => Error;
}

/** A function or class that a graph refers to by name. */
// deno-lint-ignore ban-types -- classes with any constructor and functions with any parameters have only this in common
export type Code = Function;

/** One model or child of a router. */
export interface RouteSpec {
  /** What the route is asked by. */
  readonly key: string;
  /** The class or function of the route. */
  readonly model: Code;
  /** The arguments that its class is built with. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Everything that makes one step, as data and code. */
export interface StepSpec {
  /** The name of the step. */
  readonly name: string;
  /** The kind's own options, checked by the definition's schema. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The functions and classes that the step is made of, by the option that holds them. */
  readonly code: Readonly<Record<string, Code>>;
  /** The arguments that its class is built with. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The routes, in the order in which they were added. */
  readonly routes: readonly RouteSpec[];
}

/** What a kind of step answers for itself; the engine and the compiler ask, and know no kinds. */
export interface StepDefinition {
  /** Its name in the document: `filter`. */
  readonly kind: string;
  /** The Graphviz shape of its box. */
  readonly shape: string;
  /** Checks the kind's own options, which are JSON. */
  readonly options: Schema<unknown>;
  /** The options that hold code, and whether the step can do without. */
  readonly code: Readonly<Record<string, "required" | "optional">>;
  /** Whether it takes routes. */
  readonly takesRoutes?: boolean;
  /** Whether it is the border between two functions. */
  readonly isBorder?: boolean;
  /** Whether it can end an event without a failure. */
  readonly canDrop?: boolean;
  /** Whether it keeps events, so that a run of it is never over at once and cannot be tried again. */
  readonly holds?: boolean;
  /** What the step's options are where nobody says; the kind's own options are sound when it is asked. */
  defaults?(spec: StepSpec): Pick<StepOptions, "retries" | "backoffMs" | "timeoutMs" | "maxInFlight">;
  /**
   * Whether it applies `retries`, `backoffMs`, `timeoutMs` and `breaker` itself, by `StepScope.attempt`, to a part of its work. Else
   * the engine tries the whole step again, with a copy of the body.
   */
  readonly triesItself?: boolean;
  /** Whether its options say how to connect with a service, so that one that is called like a secret is one; else keys may be columns. */
  readonly connects?: boolean;
  /** Whether it joins what comes from several branches. */
  readonly joins?: boolean;
  /** Whether its option `table` names a table of which it reads rows, or one that it fills; undefined where it has no such option. */
  readonly table?: "reads" | "fills";
  /** Whether it makes one event of several callers' events, which then belongs to none of them. */
  readonly regroups?: boolean;
  /** Whether it makes an event of each item, which takes apart what was made of several callers' events. */
  readonly spreads?: boolean;
  /** Whether it gathers the chunks of a streaming step. */
  readonly collects?: boolean;
  /** Whether a body leaves it as it came, so that what the steps before it give is what the steps behind it get. */
  readonly passes?: boolean;
  /** Whether it is known to give its results one after another, as a generator does. */
  streams?(spec: StepSpec): boolean;
  /** The tensors that it takes and gives, as far as they are declared; a router has several, one a route. */
  signatures?(spec: StepSpec): readonly StepSignature[];
  /** Faults that only this kind can see: by itself, and where it stands. */
  check?(spec: StepSpec, place: StepPlace): readonly Fault[];
  /** Opens the step: makes its class, loads its model. A rejection stops the start of the flow. */
  open(spec: StepSpec, scope: StepScope): Operator | Promise<Operator>;
}
