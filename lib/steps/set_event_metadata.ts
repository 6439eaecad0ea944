import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { kindOf } from "../kind_of.ts";
import { bodyOf } from "./body/fields_of.ts";

/** Where an event's id and key come from. */
export interface EventMetadataOptions {
  /** The place of the id in the body, `order.id`; its value is text or a number, and becomes text. Default: the event keeps its id. */
  idPath?: string;
  /** The place of the key in the body, `user`; its value is text or a number, and becomes text. Default: the event keeps its key. */
  keyPath?: string;
  /** The id is a new UUID. Default false. */
  randomId?: boolean;
}

const PATH = z.string().regex(/^[^.]+(\.[^.]+)*$/, "is no path of names with dots between").optional();

const OPTIONS = z.strictObject({ idPath: PATH, keyPath: PATH, randomId: z.boolean().optional() })
  .refine(({ idPath, randomId }) => idPath === undefined || randomId !== true, {
    path: ["randomId"],
    message: "contradicts idPath: the event has one id",
  })
  .refine(({ idPath, keyPath, randomId }) => idPath !== undefined || keyPath !== undefined || randomId === true, {
    path: ["keyPath"],
    message: "is missing, and so are idPath and randomId: there is nothing to set",
  });

/** What `setEventMetadata` does with events. */
export const SET_EVENT_METADATA: StepDefinition = {
  kind: "setEventMetadata",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read }) {
    const { idPath, keyPath, randomId } = OPTIONS.parse(options);
    return {
      process(event) {
        const given = read(event);
        const body = bodyOf(given);
        const id = randomId === true ? crypto.randomUUID() : textAt(body, idPath, "id");
        const key = textAt(body, keyPath, "key");
        if (id === undefined) {
          event.key = key;
          return event;
        }
        const renamed = event.withId(id); // whoever sent the event knows it by the id that it had
        if (key !== undefined) renamed.key = key;
        return [renamed];
      },
    };
  },
};

function textAt(body: unknown, path: string | undefined, what: "id" | "key"): string | undefined {
  if (path === undefined) return undefined;
  const value = path.split(".").reduce(
    (whole, name) =>
      typeof whole === "object" && whole !== null && Object.hasOwn(whole, name)
        ? (whole as Record<string, unknown>)[name]
        : undefined,
    body,
  );
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  const state = value === "" ? "empty text" : kindOf(value);
  throw new TypeError(
    `Cannot set the event's ${what} from the body: at "${path}" it has ${state}, not text or a number`,
  );
}

/**
 * Sets the id or the key of an event from its body: the steps behind keep order by that key, and join and aggregate by it. The body
 * stays as it is, and the caller's answer has the id that the event came with.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { mapWithState, serving, setEventMetadata } from "levada";
 *
 * const fn = serving("visits");
 * fn.setTopology("flow")
 *   .to("user", setEventMetadata<{ user: string }>({ keyPath: "user" }))
 *   .to("count", mapWithState(() => 0, (_visit, n) => [n + 1, n + 1])) // a state for each key
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", { user: "ann" }), await server.test("/", { user: "bob" })], [1, 1]);
 * ```
 */
export function setEventMetadata<In>(options: EventMetadataOptions): ReadyStep<In, In> {
  return new ReadyStep(SET_EVENT_METADATA, { ...options });
}
