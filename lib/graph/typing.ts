/** How types flow along a chain. Everything here is for the compiler only. */

import type { EarlyReply } from "./early_reply.ts";
import type { FlowEvent } from "./event.ts";

/** What carries the types of a request and its reply: a declared graph, or the end of a chain. */
export interface Served<Input, Reply> {
  /** What it takes. */
  readonly "~input"?: Input | undefined;
  /** What it gives. */
  readonly "~reply"?: Reply | undefined;
}

/** Text that may be left out: a path. */
export type Text = string | undefined;

/** A value, at once or later. */
export type Maybe<Value> = Value | Promise<Value>;

/** The part of a body at a path, `stats.length`; unknown where the body has none. */
export type At<Body, Path> = Path extends `${infer Head}.${infer Rest}`
  ? (Head extends keyof Body ? At<Body[Head], Rest> : unknown)
  : Path extends keyof Body ? Body[Path]
  : unknown;

/** The object that holds a value at a path. */
export type Nested<Path, Value> = Path extends `${infer Head}.${infer Rest}` ? { [Key in Head]: Nested<Rest, Value> }
  : { [Key in Path & string]: Value };

/** What a step's function is given: the event, the part at `inputPath`, or the body. */
export type Given<Body, From, Full> = Full extends true ? FlowEvent<Body> : From extends string ? At<Body, From> : Body;

/** What goes on when a step returns `Out`. */
export type Emitted<Out> = Out extends FlowEvent<infer Body> ? Body
  : Out extends EarlyReply ? never
  // deno-lint-ignore no-explicit-any -- a generator may return and take anything
  : Out extends Generator<infer Chunk, any, any> | AsyncGenerator<infer Chunk, any, any> ? Chunk
  : Out;

/** A body with fields added or replaced. */
export type Extended<Body, Added> = keyof Body & keyof Added extends never ? Body & Added
  : Omit<Body, keyof Added> & Added;

/** The body behind a step: its result, or the old body with the result at `resultPath`. */
export type Result<Body, Path, Out> = Path extends string ? Extended<Body, Nested<Path, Emitted<Awaited<Out>>>>
  : Emitted<Awaited<Out>>;
