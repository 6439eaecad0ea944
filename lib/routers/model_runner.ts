import { z } from "zod";
import type { Fault } from "../errors.ts";
import { define } from "../flow/copy.ts";
import type { Context } from "../graph/context.ts";
import { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Mechanism } from "../graph/mechanism.ts";
import type { Code, Reaction, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { MECHANISM } from "./hosting.ts";
import { askMembers, type MemberErrorPolicy, type Outcome, sortOutcomes } from "./members.ts";
import type { RouterStep } from "./model_router.ts";
import { askedOperation, routeFaults, routerOperator, routeSignatures } from "./request.ts";
import { openRoutes, type Route, type RouteTable } from "./route.ts";

/** Which models run, and where. */
export interface ModelRunnerOptions<In = unknown> {
  /**
   * Gets the body, the names of the models and the context; names the models to run, in any order; undefined: all; none ends the event. It
   * may be asynchronous. Default: all run.
   */
  select?: (body: In, models: readonly string[], context: Context) => Maybe<readonly string[] | undefined>;
  /** Where models run whose route says nothing. Default: `inline`. */
  mechanism?: Mechanism;
  /** `fail` (default): the event fails, naming each model that failed. `drop`: the others' answers go on, and `failed` tells who and why. */
  onMemberError?: MemberErrorPolicy;
}

const OPTIONS = z.strictObject({
  mechanism: MECHANISM.optional(),
  onMemberError: z.enum(["fail", "drop"]).optional(),
});

const FAILED = "failed";

/** The model runner in the catalogue. */
export const MODEL_RUNNER: StepDefinition = {
  kind: "modelRunner",
  shape: "folder",
  options: OPTIONS,
  code: { select: "optional" },
  takesRoutes: true,
  canDrop: true,
  check: (spec) => [...routeFaults(withMechanism(spec)), ...failedFaults(spec)],
  signatures: (spec) => {
    const signatures = routeSignatures(spec);
    return signatures.length === 1 ? signatures : signatures.map(({ outputs: _, ...rest }) => rest);
  },
  async open(spec, scope) {
    const routes = await openRoutes(withMechanism(spec), scope);
    const runner = new ModelRunner(spec, { scope, routes });
    const operator = routerOperator(scope, routes, () => undefined);
    const signatures = () =>
      operator.signatures!().map(({ outputs, ...rest }) =>
        routes.size === 1 && outputs !== undefined ? { ...rest, outputs } : rest
      );
    return { ...operator, process: (event) => runner.process(event), signatures };
  },
};

class ModelRunner {
  readonly #name: string;
  readonly #onMemberError: MemberErrorPolicy;
  readonly #routes: RouteTable;
  readonly #select: Code | undefined;
  readonly #scope: StepScope;

  constructor(spec: StepSpec, { scope, routes }: { scope: StepScope; routes: RouteTable }) {
    this.#name = spec.name;
    this.#onMemberError = OPTIONS.parse(spec.options).onMemberError ?? "fail";
    this.#routes = routes;
    this.#select = spec.code.select;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const given = this.#scope.read(event);
    const body = given instanceof FlowEvent ? given.body : given;
    if (this.#select === undefined) return this.#ask(event, body, [...this.#routes.values()]);
    const names = this.#select(body, [...this.#routes.keys()], this.#scope.contextOf(event));
    return andThen(names, (selected) => this.#ask(event, body, this.#selected(selected)));
  }

  #selected(names: unknown): Route[] {
    if (names === undefined || names === null) return [...this.#routes.values()];
    if (!Array.isArray(names)) {
      throw new TypeError(`Cannot select models by ${typeof names}: return a list of names, or undefined for all`);
    }
    const unknown = names.filter((name) => !this.#routes.has(name));
    if (unknown.length === 0) return [...this.#routes.values()].filter(({ key }) => names.includes(key));
    const shown = unknown.map((name) => JSON.stringify(name) ?? String(name)).join(", ");
    const known = [...this.#routes.keys()].map((name) => `"${name}"`).join(", ");
    throw new RangeError(`Cannot run model ${shown}: there are ${known}`);
  }

  #ask(event: FlowEvent, body: unknown, routes: readonly Route[]): Reaction | Promise<Reaction> {
    if (routes.length === 0) return [];
    const asked = body === event.body ? event : event.with(body);
    const { isShared } = this.#scope;
    const outcomes = askMembers(routes, { operation: askedOperation(body), event: asked, isShared });
    return andThen(outcomes, (settled) => this.#join(event, settled));
  }

  #join(event: FlowEvent, outcomes: readonly Outcome[]): FlowEvent {
    const act = `run the models of "${this.#name}"`;
    const onMemberError = this.#onMemberError;
    const { answers, failed } = sortOutcomes(outcomes, { onMemberError, act, context: this.#scope.context, event });
    if (this.#routes.size === 1) this.#scope.write(event, answers[0]!.answer);
    else {
      const byModel: Record<string, unknown> = {};
      for (const { member, answer } of answers) define(byModel, member, answer);
      this.#scope.write(event, failed === undefined ? byModel : { ...byModel, [FAILED]: failed });
    }
    return event;
  }
}

/** Routes that say nothing of where they run get what their step says. */
function withMechanism(spec: StepSpec): StepSpec {
  const { mechanism } = spec.options;
  if (mechanism === undefined) return spec;
  return { ...spec, routes: spec.routes.map((route) => ({ ...route, args: { mechanism, ...route.args } })) };
}

function failedFaults({ options, routes }: StepSpec): Fault[] {
  if (options.onMemberError !== "drop") return [];
  return routes.filter(({ key }) => key === FAILED).map(() => ({
    cause: `a model has the name "${FAILED}", which is the field that says who failed`,
    cure: "Rename the model",
    severity: "error",
  }));
}

/**
 * Runs models as one step of a flow, all of them or those that a function selects, each with a copy of the body and each where its
 * `mechanism` says. The answers are the body, by the models' names; where the step has one model only, its answer is.
 *
 * A model elsewhere than `inline` that crashes, hangs or takes too much memory fails its own requests (500, 504; 503 until it is there
 * again) and touches no other; it is begun anew by itself. A caller who leaves is told to the model by `context.signal`.
 *
 * @example Models by name, and one of them selected
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { modelRunner, serving } from "levada";
 *
 * const fn = serving("sizes");
 * const runner = modelRunner<{ n: number; only?: string }>({ select: ({ only }) => only === undefined ? undefined : [only] });
 * const models = fn.setTopology("flow").to("same", (body: { n: number; only?: string }) => body).to("models", runner).respond();
 * models.addRoute("double", ({ n }: { n: number }) => n * 2).addRoute("square", ({ n }: { n: number }) => n ** 2);
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { n: 3 }), { double: 6, square: 9 });
 * deepStrictEqual(await server.test("/", { n: 3, only: "square" }), { square: 9 });
 * ```
 *
 * @example An ONNX model in a worker of its own, with a time limit
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, modelRunner, OnnxModel, serving } from "levada";
 *
 * const fn = serving("flowers");
 * const models = fn.setTopology("flow").to("rows", (body: InferRequest) => body).to("models", modelRunner()).respond();
 * models.addRoute("iris", OnnxModel, {
 *   modelPath: "notebooks/models/iris_forest.onnx",
 *   mechanism: { kind: "worker", timeLimitMs: 10_000 },
 * });
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/", { inputs: [[6.9, 3.2, 5.7, 2.3]] })).outputs, [2]);
 * ```
 *
 * @throws {StatusError} To the caller: naming each model that failed, with their status where it is the same for all, else 500.
 */
// deno-lint-ignore no-explicit-any -- the models decide what they take and give
export function modelRunner<In = any>({ select, ...options }: ModelRunnerOptions<In> = {}): RouterStep<In, any> {
  return new ReadyStep(MODEL_RUNNER, { ...options }, select === undefined ? {} : { select });
}
