import type { z } from "zod";

type Check = (payload: object) => unknown;
type Run = (payload: object, context: { readonly async?: boolean }) => unknown;
type Transform = (...given: unknown[]) => unknown;

/** What zod knows of a schema or a check. */
interface Node {
  readonly _zod: {
    readonly def: Readonly<Record<string, unknown>>;
    readonly innerType?: unknown;
    check?: Check;
    run?: Run;
  };
}

const OWN_TYPES = ["transform", "promise", "function"];
/** zod's checks by their names; others are somebody's own. */
const READY_CHECKS = [
  "less_than",
  "greater_than",
  "multiple_of",
  "number_format",
  "bigint_format",
  "max_size",
  "min_size",
  "size_equals",
  "max_length",
  "min_length",
  "length_equals",
  "string_format",
  "property",
  "properties",
  "mime_type",
  "overwrite",
];
const MOST_NODES = 10_000;
const MOST_LAZIES = 3; // a function that makes a schema of itself has no end; zod keeps what it made, and overflows where that is deep
const KNOWN = new WeakMap<z.core.$ZodType, boolean>();

/**
 * Whether a schema of zod has code of its author's own, which may answer later: `refine`, `superRefine`, `check`, `transform`.
 *
 * What such code gives later is heard from then on. zod waits for one promise after another, and for none where a check beside
 * it throws: two checks whose database is away would end the process by the rejection that nobody waits for.
 */
export function hearOwnCode(schema: z.core.$ZodType): boolean {
  let isOwn = KNOWN.get(schema);
  if (isOwn === undefined) KNOWN.set(schema, isOwn = hearParts(partsOf(schema, MOST_LAZIES)));
  return isOwn;
}

/** What is deeper in lazies is heard when it first runs. */
function hearParts({ nodes, closed }: Parts): boolean {
  if (nodes.size < MOST_NODES && closed.length === 0 && ![...nodes].some(isOwnCode)) return false;
  for (const { _zod } of closed) if (_zod.run !== undefined) _zod.run = heardWithin(_zod, _zod.run);
  for (const { _zod } of nodes) {
    if (_zod.check !== undefined) _zod.check = heardCheck(_zod.check);
    if (_zod.run !== undefined) _zod.run = heardRun(_zod.run);
    const def = _zod.def as Record<string, unknown>;
    if (typeof def.transform === "function") def.transform = heardTransform(def.transform as Transform);
  }
  return true;
}

function isOwnCode({ _zod: { def } }: Node): boolean {
  return typeof def.transform === "function" || OWN_TYPES.includes(def.type as string) ||
    (def.check !== undefined && !READY_CHECKS.includes(def.check as string));
}

/** What a schema is made of, its checks too; and the lazy ones of it into which nobody looked. */
interface Parts {
  readonly nodes: ReadonlySet<Node>;
  readonly closed: readonly Node[];
}

function partsOf(schema: unknown, mostLazies: number): Parts {
  const nodes = new Set<Node>();
  let closed = addNodes(nodes, [schema]);
  for (let depth = 0; depth < mostLazies && closed.length > 0 && nodes.size < MOST_NODES; depth += 1) {
    const deeper = addNodes(nodes, closed.map(({ _zod }) => within(_zod)));
    closed = nodes.size < MOST_NODES ? deeper : [...closed, ...deeper];
  }
  return { nodes, closed };
}

/** Adds what stands in these, and gives the lazy ones among that. */
function addNodes(nodes: Set<Node>, left: unknown[]): Node[] {
  const lazies: Node[] = [];
  while (left.length > 0 && nodes.size < MOST_NODES) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!isNode(value)) {
      if (isPlain(value)) pushAll(left, value);
    } else if (!nodes.has(value)) {
      nodes.add(value);
      const { def } = value._zod;
      if (isLazy(def)) lazies.push(value);
      pushAll(left, isLazy(def) ? { checks: def.checks, catchall: def.catchall } : def);
    }
  }
  return lazies;
}

/** Whether a schema makes what is in it only when that is asked for: `z.lazy`, and objects with getters that nobody has read. */
function isLazy(def: Node["_zod"]["def"]): boolean {
  if (def.type === "lazy") return true;
  const shape = Object.getOwnPropertyDescriptor(def, "shape")?.get as { readonly raw?: object } | undefined;
  return shape !== undefined && (shape.raw === undefined ||
    Object.values(Object.getOwnPropertyDescriptors(shape.raw)).some(({ get }) => get !== undefined));
}

function within(zod: Node["_zod"]): unknown {
  return zod.def.type === "lazy" ? zod.innerType : zod.def.shape;
}

function pushAll(left: unknown[], parts: object): void {
  for (const part of Object.values(parts)) if (typeof part === "object") left.push(part); // a list may have more than a call takes
}

function isNode(value: object): value is Node {
  return typeof (value as Partial<Node>)._zod?.def === "object";
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

const WAITING = new WeakSet<object>(); // values of which a check waits

/** A check that throws behind one that waits rejects, since zod would forget the one that waits. */
function heardCheck(check: Check): Check {
  return once(check, (payload) => {
    try {
      const result = check(payload);
      if (result instanceof Promise) WAITING.add(payload);
      return listened(result);
    } catch (error) {
      if (!WAITING.has(payload)) throw error;
      return listened(Promise.reject(error));
    }
  });
}

/** What throws where it may wait rejects, since zod would forget what waits beside it. */
function heardRun(run: Run): Run {
  return once(run, (payload, context) => {
    try {
      return listened(run(payload, context));
    } catch (error) {
      if (context.async !== true) throw error;
      return listened(Promise.reject(error));
    }
  });
}

const OPENING = new WeakSet<object>(); // lazy schemas that hear what is in them when they run

/** Hears what stands in a lazy schema before it runs: no deeper than the value needs. */
function heardWithin(lazy: Node["_zod"], run: Run): Run {
  if (OPENING.has(lazy)) return run;
  OPENING.add(lazy);
  let isHeard = false;
  return (payload, context) => {
    if (!isHeard) hearParts(partsOf(within(lazy), 0));
    isHeard = true;
    return run(payload, context);
  };
}

function heardTransform(transform: Transform): Transform {
  return once(transform, (...given) => listened(transform(...given)));
}

const HEARD = new WeakSet<object>();

function once<Code extends object>(code: Code, hearing: Code): Code {
  if (HEARD.has(code)) return code;
  HEARD.add(hearing);
  return hearing;
}

function listened<Result>(result: Result): Result {
  if (result instanceof Promise) result.catch(() => {}); // whoever waits for it is told all the same
  return result;
}
