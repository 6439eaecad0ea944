import type { z } from "zod";
import { MOST_NODES, partsOf, type SchemaNode, type SchemaParts, within } from "../graph/schema_parts.ts";

type Check = NonNullable<SchemaNode["_zod"]["check"]>;
type Run = NonNullable<SchemaNode["_zod"]["run"]>;
type Transform = (...given: unknown[]) => unknown;

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
const MOST_LAZIES = 3; // the rest is heard when it first runs
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
function hearParts({ nodes, closed }: SchemaParts): boolean {
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

function isOwnCode({ _zod: { def } }: SchemaNode): boolean {
  return typeof def.transform === "function" || OWN_TYPES.includes(def.type as string) ||
    (def.check !== undefined && !READY_CHECKS.includes(def.check as string));
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
function heardWithin(lazy: SchemaNode["_zod"], run: Run): Run {
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
