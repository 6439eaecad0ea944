import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import { Chosen, type Reaction, type StepDefinition, type StepScope } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";

/** What happens where no step is chosen. */
export interface ChoiceOptions {
  /** The step that gets the event then. Default: none, so the event ends. */
  default?: string;
}

const OPTIONS = z.strictObject({ default: z.string().min(1).optional() });

/** What `choice` does with events. */
export const CHOICE: StepDefinition = {
  kind: "choice",
  shape: "diamond",
  options: OPTIONS,
  code: { fn: "required" },
  canDrop: true,
  passes: true,
  check({ options }, { outlets }) {
    const fallback = options.default;
    if (typeof fallback !== "string" || outlets.includes(fallback)) return [];
    const known = outlets.map((name) => `"${name}"`).join(", ");
    return [{
      cause: `its default is "${fallback}", and no such step stands behind it`,
      cure: known === "" ? `Put a step behind it: .to("${fallback}", …)` : `Name one of ${known}`,
      severity: "error",
    }];
  },
  open({ code, options }, scope) {
    const fallback = OPTIONS.parse(options).default;
    return {
      process(event) {
        const names = code.fn!(scope.read(event), scope.contextOf(event));
        return andThen(names, (chosen) => choose(event, chosen, { scope, fallback }));
      },
    };
  },
};

function choose(
  event: FlowEvent,
  chosen: unknown,
  { scope, fallback }: { scope: StepScope; fallback: string | undefined },
): Reaction {
  const names = typeof chosen === "string" ? [chosen] : chosen ?? [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new TypeError(
      `Cannot choose the next step by ${
        Array.isArray(names) ? "a list with other things than names" : kindOf(chosen)
      }: ` +
        `return a name or a list of names, of ${scope.outlets.map((name) => `"${name}"`).join(", ") || "no steps"}`,
    );
  }
  const all = names.length === 0 && fallback !== undefined ? [fallback] : [...new Set<string>(names)];
  return new Chosen(event, all);
}

/**
 * Chooses the next steps by name; a name that no step behind has is the event's failure.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { choice, serving } from "levada";
 *
 * const fn = serving("sizes");
 * const graph = fn.setTopology("flow");
 * const size = graph.to("size", choice((n: number) => n > 9 ? "large" : "small"));
 * const large = size.to("large", (n) => `${n} is large`);
 * const small = size.to("small", (n) => `${n} is small`);
 * graph.after(large, small).to("answer", (text) => text).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", 5), await server.test("/", 50)], ["5 is small", "50 is large"]);
 * ```
 *
 * @param fn Gets the body and the context; returns the name of a step behind, several, or none: undefined or an empty list.
 */
export function choice<In>(
  fn: Handler<In, Maybe<string | readonly string[] | undefined>>,
  options: ChoiceOptions = {},
): ReadyStep<In, In> {
  return new ReadyStep(CHOICE, { ...options }, { fn });
}
