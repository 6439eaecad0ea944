import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Extended } from "../graph/typing.ts";
import { fieldsOf } from "./body/fields_of.ts";

/** What can be copied of an event, with its type; null where nobody said. */
export interface EventMetadata {
  /** Names the event. */
  id: string;
  /** Events of one key keep their order. */
  key: string | null;
  /** When it happened; in JSON, ISO 8601 text in UTC. */
  time: Date;
  /** The path of the request. */
  path: string;
  /** The method of the request. */
  method: string;
  /** What brought it: `http`, the URL of a stream. */
  trigger: string | null;
  /** The partition of the stream that it comes from. */
  partition: string | null;
}

const ATTRIBUTES = ["id", "key", "time", "path", "method", "trigger", "partition"] as const;

const OPTIONS = z.strictObject({
  fields: z.partialRecord(z.enum(ATTRIBUTES), z.string().min(1)).refine(
    (fields) => Object.keys(fields).length > 0,
    `names no attribute, of ${ATTRIBUTES.join(", ")}`,
  ),
});

/** What `reifyMetadata` does with events. */
export const REIFY_METADATA: StepDefinition = {
  kind: "reifyMetadata",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const fields = Object.entries(OPTIONS.parse(options).fields) as [keyof EventMetadata, string][];
    return {
      process(event) {
        const body = fieldsOf(read(event), "copy the event's metadata into the body");
        write(event, { ...body, ...Object.fromEntries(fields.map(([from, to]) => [to, valueOf(event, from)])) });
        return event;
      },
    };
  },
};

function valueOf(event: FlowEvent, attribute: keyof EventMetadata): unknown {
  return attribute === "time" ? new Date(event.time) : event[attribute] ?? null;
}

/** The fields that hold the metadata. */
export type Reified<Mapping> = {
  [Attribute in keyof Mapping & keyof EventMetadata as Mapping[Attribute] & string]: EventMetadata[Attribute];
};

/**
 * Copies what is known of the event into fields of the body: its id, key, time, path, method, trigger, partition. A field that is
 * there already is replaced.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { reifyMetadata, serving } from "levada";
 *
 * const fn = serving("orders");
 * fn.setTopology("flow").to("order", (n: number) => ({ n })).to("named", reifyMetadata({ id: "order", path: "from" })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/shop", 3, { eventId: "o1" }), { n: 3, order: "o1", from: "/shop" });
 * ```
 *
 * @param fields Attribute of the event → field of the body.
 */
export function reifyMetadata<
  In extends object,
  const Mapping extends { readonly [Attribute in keyof EventMetadata]?: string },
>(
  fields: Mapping,
): ReadyStep<In, Extended<In, Reified<Mapping>>> {
  return new ReadyStep(REIFY_METADATA, { fields });
}
