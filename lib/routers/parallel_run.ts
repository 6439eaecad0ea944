import { z } from "zod";
import type { Fault } from "../errors.ts";
import { define } from "../flow/copy.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Code, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { matchModelPath } from "../protocol/model_path.ts";
import { unknownPath, wrongMethod } from "../protocol/refusal.ts";
import { routerHealth } from "../protocol/reply.ts";
import { isObject } from "../protocol/request_body.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { type Answered, askMembers, type MemberErrorPolicy, type Outcome, sortOutcomes } from "./members.ts";
import type { RouterStep } from "./model_router.ts";
import { askedOperation, isRead, routeFaults, routerName, routerOperator, routeSignatures } from "./request.ts";
import { openRoutes, type RouteTable } from "./route.ts";

/** What `merge` gets besides the answers. */
export interface MergeInput<In> {
  /** The body that the routes got copies of. */
  readonly body: In;
  /** Why routes have no answer, by route; with `onMemberError: "drop"`. */
  readonly failed: Readonly<Record<string, string>>;
}

/** How a parallel run makes one answer of several. */
export interface ParallelRunOptions<In = unknown, Out = Record<string, unknown>> {
  /** What it answers to `GET /`; default: the step's name. */
  name?: string;
  /**
   * Makes the answer from the routes' answers by route, in the order of the routes; may be asynchronous. Default: objects of tasks and
   * functions are merged, a later route's fields over an earlier one's; any other answer, and a model's reply, goes under its route.
   * Replies of the open protocol become one, whose outputs are called `route/output`.
   */
  merge?: (answers: Readonly<Record<string, unknown>>, given: MergeInput<In>) => Maybe<Out>;
  /** Whether the answer is the request's body with what was merged written over it, instead of what was merged alone. Default: false. */
  extendBody?: boolean;
  /** `fail` (default): the request fails, naming each route that failed. `drop`: the others are merged, and `failed` tells who and why. */
  onMemberError?: MemberErrorPolicy;
}

const OPTIONS = z.strictObject({
  name: z.string().min(1).optional(),
  extendBody: z.boolean().optional(),
  onMemberError: z.enum(["fail", "drop"]).optional(),
});

const FAILED = "failed";

/** The parallel run in the catalogue. */
export const PARALLEL_RUN: StepDefinition = {
  kind: "parallelRun",
  shape: "box",
  options: OPTIONS,
  code: { merge: "optional" },
  takesRoutes: true,
  check: (spec) => [...routeFaults(spec), ...failedFaults(spec)],
  signatures: (spec) => routeSignatures(spec).map(({ outputs: _, ...rest }) => rest),
  async open(spec, scope) {
    const routes = await openRoutes(spec, scope);
    const run = new ParallelRun(spec, { scope, routes });
    const operator = routerOperator(scope, routes, (event) => run.answer(event));
    return { ...operator, signatures: () => operator.signatures!().map(({ outputs: _, ...rest }) => rest) };
  },
};

class ParallelRun {
  readonly #name: string;
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #merge: Code | undefined;
  readonly #scope: StepScope;
  readonly #routes: RouteTable;

  constructor(spec: StepSpec, { scope, routes }: { scope: StepScope; routes: RouteTable }) {
    this.#name = routerName(spec, { kind: "parallelRun", className: "ParallelRun" });
    this.#options = OPTIONS.parse(spec.options);
    this.#merge = spec.code.merge;
    this.#scope = scope;
    this.#routes = routes;
  }

  answer(event: FlowEvent): Maybe<unknown> {
    const path = matchModelPath(event.path);
    switch (path?.kind) {
      case undefined:
        throw unknownPath(event.path);
      case "health":
        if (!isRead(event)) throw wrongMethod("for health", event.method, ["GET"]);
        return routerHealth(this.#name);
      case "models":
        if (isRead(event)) return { models: [...this.#routes.keys()] };
        return this.#ask("", event);
      case "model":
        return this.#ask(path.operation, event);
      case "root":
        return isRead(event) ? routerHealth(this.#name) : this.#ask("", event);
    }
  }

  #ask(pathOperation: string, event: FlowEvent): Maybe<unknown> {
    const operation = askedOperation(event.body, pathOperation);
    const { isShared } = this.#scope;
    const outcomes = askMembers([...this.#routes.values()], { operation, event, isShared });
    return andThen(outcomes, (settled) => this.#join(settled, event));
  }

  /** One answer of the open protocol, where every route gave one: their outputs, as `route/output`. */
  #tensors(
    answers: readonly Answered[],
    { event, failed }: { event: FlowEvent; failed: Record<string, string> | undefined },
  ): TensorReply | undefined {
    const outputs = [];
    for (const { member, answer } of answers) {
      if (!(answer instanceof TensorReply)) return undefined;
      for (const tensor of answer.outputs) outputs.push(tensor.named(`${member}/${tensor.name}`));
    }
    return new TensorReply({
      model_name: this.#name,
      id: idOf(event),
      outputs,
      ...(failed === undefined ? {} : { parameters: { failed: JSON.stringify(failed) } }),
    });
  }

  #join(outcomes: readonly Outcome[], event: FlowEvent): Maybe<unknown> {
    const { onMemberError = "fail", extendBody = false } = this.#options;
    const act = `answer for all routes of "${this.#name}"`;
    const { answers, failed } = sortOutcomes(outcomes, { onMemberError, act, context: this.#scope.context, event });
    const merged: Record<string, unknown> = extendBody && isObject(event.body) ? { ...event.body } : {};
    if (this.#merge !== undefined) {
      const byRoute: Record<string, unknown> = {};
      for (const { member, answer } of answers) define(byRoute, member, answer);
      return andThen(this.#merge(byRoute, { body: event.body, failed: failed ?? {} }), (result) => {
        if (!extendBody || !isObject(result)) return result;
        for (const [key, value] of Object.entries(result)) define(merged, key, value);
        return merged;
      });
    }
    const tensors = this.#tensors(answers, { event, failed });
    if (tensors !== undefined && !extendBody) return tensors;
    for (const { member, answer } of answers) {
      const isMerged = isObject(answer) && this.#routes.get(member)!.served === undefined;
      for (const [key, value] of isMerged ? Object.entries(answer) : [[member, answer] as const]) {
        define(merged, key, value);
      }
    }
    return failed === undefined ? merged : { ...merged, [FAILED]: failed };
  }
}

/** The id of a request of the open protocol, else of its event. */
function idOf({ body, id }: FlowEvent): string {
  return isObject(body) && typeof body.id === "string" ? body.id : id;
}

function failedFaults({ options, code, routes }: StepSpec): Fault[] {
  if (options.onMemberError !== "drop" || code.merge !== undefined) return [];
  return routes.filter(({ key }) => key === FAILED).map(() => ({
    cause: `a route has the name "${FAILED}", which is the field that says who failed`,
    cure: "Rename the route, or merge the answers: { merge: (answers, { failed }) => … }",
    severity: "error",
  }));
}

/**
 * Asks all its routes at the same time, each with a copy of the request, and merges what they answer. A caller who leaves cancels all.
 *
 * Whatever the path names, `/` or `/v2/models/…`, all routes are asked; `GET /` tells that it is up, `GET /v2/models` lists the routes.
 *
 * @throws {StatusError} To the caller: naming each route that failed, with their status where it is the same for all, else 500.
 *
 * @example Two functions and the fields of both
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { parallelRun, serving } from "levada";
 *
 * const fn = serving("text");
 * const both = fn.setTopology("flow").to("text", (text: string) => text.trim()).to("facts", parallelRun()).respond();
 * both.addRoute("size", (text: string) => ({ letters: text.length }));
 * both.addRoute("case", (text: string) => ({ isLoud: text === text.toUpperCase() }));
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", " HELLO "), { letters: 5, isLoud: true });
 * ```
 *
 * @example A merge of one's own, which lives with a route that fails
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { parallelRun, serving } from "levada";
 *
 * const fn = serving("levels");
 * const run = parallelRun({
 *   onMemberError: "drop",
 *   merge: (answers, { failed }) => ({ highest: Math.max(...Object.values(answers).map(Number)), missing: Object.keys(failed) }),
 * });
 * const gauges = fn.setTopology("flow").to("same", (body: object) => body).to("gauges", run).respond();
 * gauges.addRoute("upper", () => 31).addRoute("lower", () => 24).addRoute("tunnel", () => {
 *   throw new Error("no light");
 * });
 *
 * await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
 * deepStrictEqual(await server.test("/", {}), { highest: 31, missing: ["tunnel"] });
 * ```
 */
// deno-lint-ignore no-explicit-any -- the routes decide what they take
export function parallelRun<In = any, Out = Record<string, unknown>>(
  { merge, ...options }: ParallelRunOptions<In, Out> = {},
): RouterStep<In, Out> {
  return new ReadyStep(PARALLEL_RUN, { ...options }, merge === undefined ? {} : { merge });
}
