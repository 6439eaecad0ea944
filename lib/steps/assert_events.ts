import { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { notJson } from "../graph/json.ts";
import { andThen } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";
import { bodyOf } from "./body/fields_of.ts";

/** What must hold for the events that come here. */
export interface AssertEventsOptions<In> {
  /** Says yes to every body; an event to whose body it says no fails, and is not counted. Default: all are right. */
  each?: Handler<In, Maybe<boolean>>;
  /** So many events come, 0 or more. */
  exactly?: number;
  /** At least so many come, 0 or more. */
  atLeast?: number;
  /** At most so many come, 0 or more. */
  atMost?: number;
  /** The bodies are these, in this order: JSON data. */
  equal?: readonly NoInfer<In>[];
  /** Each of these is among the bodies: JSON data. */
  includeAll?: readonly NoInfer<In>[];
  /** One of these is among the bodies: JSON data. */
  includeAny?: readonly NoInfer<In>[];
  /** None of these is among the bodies: JSON data. */
  includeNone?: readonly NoInfer<In>[];
  /** Said first when something does not hold. */
  message?: string;
}

const COUNT = z.int().min(0).optional();
const BODIES = z.array(z.unknown().refine((body) => notJson(body, "") === undefined, "is not JSON")).optional();
const OPTIONS = z.strictObject({
  exactly: COUNT,
  atLeast: COUNT,
  atMost: COUNT,
  equal: BODIES,
  includeAll: BODIES,
  includeAny: BODIES,
  includeNone: BODIES,
  message: z.string().min(1).optional(),
});

type Checks = z.infer<typeof OPTIONS>;

/** What `assertEvents` does with events. */
export const ASSERT_EVENTS: StepDefinition = {
  kind: "assertEvents",
  shape: "octagon",
  options: OPTIONS,
  code: { each: "optional" },
  check({ code, options }) {
    const says = Object.keys(options).some((option) => option !== "message") || code.each !== undefined;
    return says ? [] : [{
      cause: "it says nothing that must hold",
      cure: "Say what: assertEvents({ each: (body) => …, atLeast: 1 })",
      severity: "error",
    }];
  },
  open: (spec, scope) => new AssertEvents(OPTIONS.parse(spec.options), spec.code.each, scope),
};

/** Keeps what it needs to know at the end, not the bodies. */
class AssertEvents implements Operator {
  readonly #checks: Checks;
  readonly #each: Code | undefined;
  readonly #scope: StepScope;
  readonly #missing: Set<unknown>;
  #count = 0;
  #hasAny = false;
  #different: string | undefined;
  #forbidden: string | undefined;

  constructor(checks: Checks, each: Code | undefined, scope: StepScope) {
    this.#checks = checks;
    this.#each = each;
    this.#scope = scope;
    this.#missing = new Set(checks.includeAll);
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const given = this.#scope.read(event);
    const body = bodyOf(given);
    if (this.#each === undefined) return this.#keep(event, body, true);
    const holds = this.#each(given, this.#scope.contextOf(event));
    return andThen(holds, (yes) => this.#keep(event, body, yes));
  }

  close(): void {
    const complaints = [...this.#complaints()];
    if (complaints.length > 0) throw this.#error(complaints.join("; "));
  }

  #keep(event: FlowEvent, body: unknown, holds: unknown): FlowEvent {
    if (!holds) throw this.#error(`"each" says no to ${shown(body)}`);
    const { equal, includeAny, includeNone } = this.#checks;
    const isBody = (other: unknown) => isDeepStrictEqual(body, other);
    if (equal !== undefined && this.#count < equal.length && !isBody(equal[this.#count])) {
      this.#different ??= `event ${this.#count + 1} has ${shown(body)}, not ${shown(equal[this.#count])}`;
    }
    this.#count += 1;
    for (const one of this.#missing) if (isBody(one)) this.#missing.delete(one);
    this.#hasAny ||= includeAny?.some(isBody) === true;
    if (includeNone?.some(isBody) === true) this.#forbidden ??= `${shown(body)} came, which must not`;
    return event;
  }

  *#complaints(): Generator<string> {
    const { exactly, atLeast = 0, atMost = Infinity, equal, includeAny } = this.#checks;
    const count = this.#count;
    const came = `the number of events is ${count}`;
    if (exactly !== undefined && count !== exactly) yield `${came}, not ${exactly} (exactly)`;
    if (count < atLeast) yield `${came}, not ${atLeast} or more (atLeast)`;
    if (count > atMost) yield `${came}, not ${atMost} or less (atMost)`;
    if (this.#different !== undefined) yield `${this.#different} (equal)`;
    if (equal !== undefined && count !== equal.length) yield `${came}, not ${equal.length} (equal)`;
    if (this.#missing.size > 0) yield `${[...this.#missing].map(shown).join(", ")} did not come (includeAll)`;
    if (includeAny !== undefined && !this.#hasAny) {
      yield `none of ${includeAny.map(shown).join(", ")} came (includeAny)`;
    }
    if (this.#forbidden !== undefined) yield `${this.#forbidden} (includeNone)`;
  }

  #error(complaint: string): AssertionError {
    const { message } = this.#checks;
    const said = message === undefined ? "" : `${message}: `;
    return new AssertionError({
      message: `${said}assertion "${this.#scope.context.step}" does not hold: ${complaint}`,
    });
  }
}

const SHOWN = 200; // letters of a body in a message

function shown(body: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch { /* a circle, a big integer: its kind has to do */ }
  if (text === undefined) return kindOf(body);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/**
 * Checks the events that come by, for tests of a graph and for data that must be right. What holds for each body fails the event
 * where it does not; what holds for all of them together is told when the flow closes, by `close`, `waitForCompletion` or the end of
 * `await using`. Bodies go on as they are.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, rejects } from "node:assert/strict";
 * import { assertEvents, serving } from "levada";
 *
 * const fn = serving("checking");
 * fn.setTopology("flow").to("positive", assertEvents({ each: (n: number) => n > 0, atLeast: 2 })).respond();
 *
 * const server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 1), 1);
 * await rejects(server.test("/", -1), /assertion "positive" does not hold: "each" says no to -1/);
 * await rejects(server.waitForCompletion(), /the number of events is 1, not 2 or more/);
 * ```
 *
 * @throws {AssertionError} In the flow, as an event's failure or when it closes.
 */
export function assertEvents<In>(options: AssertEventsOptions<In>): ReadyStep<In, In> {
  const { each, ...data } = options;
  return new ReadyStep(ASSERT_EVENTS, { ...data }, each === undefined ? {} : { each });
}
