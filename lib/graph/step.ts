import type { Context } from "./context.ts";
import type { FlowEvent } from "./event.ts";
import type { Code, StepDefinition } from "./operator.ts";

/** A step as a plain function. */
export type Handler<In, Out> = (body: In, context: Context) => Out;

/** A step as a class, made once with its arguments. `open`, where it has one, is awaited before the first event. */
export interface Task<In, Out> {
  /** Takes one body; what it returns is the new body. */
  do: Handler<In, Out>;
  /** Awaited before the first event. */
  open?(): void | Promise<void>;
}

/** A class that sees the whole event. */
export interface EventTask<In, Out> {
  /** Takes one event; what it returns is the new body, or the event. */
  doEvent: (event: FlowEvent<In>, context: Context) => Out;
  /** Awaited before the first event. */
  open?(): void | Promise<void>;
}

/** The class of a task. */
export type TaskClass<In, Out, Args, Body = In> = new (
  args: Args,
  context: Context,
) => Task<In, Out> | EventTask<Body, Out>;

/** A step from the catalogue: its kind, its options as data, its functions as code. `More` is what its chain can do besides. */
export class ReadyStep<In, Out, More = unknown> {
  /** For the compiler only. */
  declare readonly "~in"?: ((body: In) => void) | undefined;
  /** For the compiler only. */
  declare readonly "~out"?: Out | undefined;
  /** For the compiler only. */
  declare readonly "~more"?: More | undefined;

  /** What its kind answers for itself. */
  readonly definition: StepDefinition;
  /** JSON data; checked by the definition when the graph is compiled. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Its functions and classes, by option. */
  readonly code: Readonly<Record<string, Code>>;

  /** Made by the makers of steps: `filter(fn)`. */
  constructor(
    definition: StepDefinition,
    options: Readonly<Record<string, unknown>> = {},
    code: Readonly<Record<string, Code>> = {},
  ) {
    this.definition = definition;
    this.options = options;
    this.code = code;
  }

  /** The name of its kind: `filter`. */
  get kind(): string {
    return this.definition.kind;
  }
}

/** What a class gets that sees the whole event: the body, or the part of it at `inputPath`. */
export type EventBody<In, Body> = [In] extends [FlowEvent] ? Body : In;

/** What `to` takes. `Body` is what arrives; `In` is what `inputPath` or `fullEvent` makes of it. */
export type Step<In, Out, Args, More, Body = In> =
  | Handler<In, Out>
  | ReadyStep<Body, Out, More>
  | TaskClass<In, Out, Args, EventBody<In, Body>>;

/** Options that all steps have. */
export interface StepOptions<Path = string, From = string, Full = boolean> {
  /** Writes the result into the body at this path, `stats.length`, instead of replacing the body. */
  resultPath?: Path;
  /** Hands the step the part of the body at this path. */
  inputPath?: From;
  /** Hands the step the event instead of its body. */
  fullEvent?: Full;
  /** The child function that runs the step. */
  function?: string;
  /** Its Graphviz shape in pictures. */
  shape?: string;
  /** A note for whoever reads the graph. */
  comment?: string;
  /** The branches behind this step only read the body, so it is not copied for them. */
  share?: boolean;
  /** How often a failed run is tried again, 0 or more. Default 0; of `remote` 6. */
  retries?: number;
  /** The first pause before a retry, in milliseconds; it doubles each time, with jitter. Default 100; of `remote` 1,000. */
  backoffMs?: number;
  /** A run that takes longer, in milliseconds, fails with status 504. Default: no limit; of `remote` 60,000. */
  timeoutMs?: number;
  /**
   * How many events the step works on at once, 1 or more; those of one source, partition or key leave in order. Default: one a key, any
   * number without keys; of `remote` 8.
   */
  maxInFlight?: number;
  /** How often one event may enter this step, in a graph with cycles. Default: the graph's limit. */
  maxIterations?: number;
  /** After so many failures in a row the step refuses events with status 503 for `coolDownMs`. Default: never. */
  breaker?: { failures: number; coolDownMs: number };
}

/** The names of a type that are written out. */
export type KnownKeys<Type> = keyof {
  [Key in keyof Type as string extends Key ? never : number extends Key ? never : symbol extends Key ? never : Key]: 1;
};

/** The arguments of a class that are called like an option of a step. */
export type Clashing<Args> = 0 extends 1 & Args ? never
  : KnownKeys<Args> & (keyof StepOptions | "args" | "after" | "before" | "only");

/**
 * The class's arguments and the step's options in one object; it may be left out when the class needs none. A class with an argument
 * that is called like an option, `timeoutMs`, gets its arguments apart: `{ args: { timeoutMs: 500 } }`.
 */
export type Options<Args, Path, From, Full, Place = unknown> = [Clashing<Args>] extends [never]
  // deno-lint-ignore ban-types -- `{}` asks whether Args has no required key
  ? {} extends Args ? [options?: Args & Place & StepOptions<Path, From, Full>]
  : [options: Args & Place & StepOptions<Path, From, Full>]
  : [options: { args: Args } & Place & StepOptions<Path, From, Full>];
