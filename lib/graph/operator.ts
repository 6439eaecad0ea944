import type { Fault } from "../errors.ts";
import type { Context } from "./context.ts";
import type { FlowEvent } from "./event.ts";
import type { Schema } from "./schema.ts";

/** The step keeps the event and gives it back later, by `StepScope.release`. */
export const HELD = Symbol("held");

/**
 * What a running step answers for one event:
 * the event itself, which goes on to every outlet; several events, which all go on (none: the event ends here);
 * `Chosen`, which goes on to some outlets only; or `HELD`.
 */
export type Reaction = FlowEvent | readonly FlowEvent[] | Chosen | typeof HELD;

/** Sends an event to the outlets of these names only. */
export class Chosen {
  /** Names the outlets that get the event. */
  constructor(readonly event: FlowEvent, readonly outlets: readonly string[]) {}
}

/** A step where it runs. */
export interface Operator {
  /** Takes one event. What it throws is the event's failure. It answers at once where it can: only a promise is awaited. */
  process(event: FlowEvent): Reaction | Promise<Reaction>;
  /** Called once when the flow has drained. */
  close?(): void | Promise<void>;
}

/** Where a step finds itself when it is opened: its context, and what `inputPath`, `resultPath` and `fullEvent` make of an event. */
export interface StepScope {
  /** What the step may ask of its surroundings. */
  readonly context: Context;
  /** Nothing stands behind the step, in the function that runs. */
  readonly isTerminal: boolean;
  /** What the step's function gets: the body, the part of it at `inputPath`, or the event itself. */
  read(event: FlowEvent): unknown;
  /** Puts a result into the event: as its body, or into the body at `resultPath`. */
  write(event: FlowEvent, result: unknown): void;
  /** Sends a held event on. Resolves when every step behind has done with it. */
  release(event: FlowEvent): Promise<void>;
  /** Hands over an event that leaves the graph here. */
  send(event: FlowEvent): void;
  /** The context of a route of this step. */
  routeContext(key: string): Context;
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
  /** Whether it can end an event, so that a joining step behind it would wait for ever. */
  readonly canDrop?: boolean;
  /** Faults that only this kind can see, with the step's `isTerminal`: nothing stands behind it. */
  check?(spec: StepSpec, place: { readonly isTerminal: boolean }): readonly Fault[];
  /** Opens the step: makes its class, loads its model. A rejection stops the start of the flow. */
  open(spec: StepSpec, scope: StepScope): Operator | Promise<Operator>;
}
