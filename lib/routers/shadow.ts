import { z } from "zod";
import { describeThrown, type Fault } from "../errors.ts";
import { copyData } from "../flow/copy.ts";
import { FlowEvent } from "../graph/event.ts";
import { laterOf } from "../graph/later.ts";
import type { StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import type { InferReply } from "../protocol/reply.ts";
import { type AnswerDifference, answerDifference } from "./answer_difference.ts";
import { answerCollective, type Collective, factsOf, OWN_OPERATIONS, servedCollective } from "./collective.ts";
import { keepAnswer, type KeptAnswer } from "./kept_answer.ts";
import type { RouterStep } from "./model_router.ts";
import { routeFaults, routerName, routerOperator, routeSignatures } from "./request.ts";
import { RouteIndex } from "./route_index.ts";
import { openRoutes, type Route, type RouteTable } from "./route.ts";

/** How a shadow is asked. */
export interface ShadowOptions {
  /** What the router is called in paths; default: the step's name. */
  name?: string;
  /** By how much numbers may differ and still be the same: absolute up to 1, relative beyond. 0 or more, default 1e-6. */
  tolerance?: number;
  /** The share of requests that the candidate is asked as well, above 0 to 1. Default 1. */
  share?: number;
  /** How many requests the candidate works on at once, 1 or more; beyond, it is not asked, which is counted. Default 8. */
  maxInFlight?: number;
}

const OPTIONS = z.strictObject({
  name: z.string().min(1).optional(),
  candidate: z.string().min(1),
  tolerance: z.number().min(0).optional(),
  share: z.number().positive().max(1).optional(),
  maxInFlight: z.int().min(1).optional(),
});

const TOLERANCE = 1e-6;
const MAX_IN_FLIGHT = 8;
const LOGGED_A_MINUTE = 10; // differences: more are counted, and would only fill the log
const CLOSE_GRACE_MS = 1_000;

/** The shadow router in the catalogue. */
export const SHADOW: StepDefinition = {
  kind: "shadow",
  shape: "box",
  options: OPTIONS,
  code: {},
  takesRoutes: true,
  check: (spec) => [...routeFaults(spec), ...shadowFaults(spec)],
  signatures: (spec) => routeSignatures(spec).filter(({ route }) => route !== spec.options.candidate),
  async open(spec, scope) {
    const routes = await openRoutes(spec, scope);
    const shadow = new Shadow(spec, { scope, routes });
    const operator = routerOperator(scope, routes, (event) => answerCollective(shadow, event), [
      servedCollective(shadow),
    ]);
    return {
      ...operator,
      async close() {
        await shadow.close();
        await operator.close!();
      },
    };
  },
};

/** What became of asking the candidate. */
type Outcome = "same" | "different" | "incomparable" | "failed" | "dropped" | "cut";

/** What the candidate is asked. */
interface Errand {
  readonly operation: string;
  readonly event: FlowEvent;
  readonly kept: Promise<KeptAnswer>;
}

class Shadow implements Collective {
  readonly name: string;
  readonly routes: RouteTable;
  readonly index: RouteIndex;
  readonly noun = "shadow router";
  readonly #primary: Route;
  readonly #candidate: Route;
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #scope: StepScope;
  readonly #pending = new Map<AbortController, Promise<void>>(); // each has its own: who listens to it goes with it
  #isClosing = false;
  #logged = { minute: 0, lines: 0 };

  constructor(spec: StepSpec, { scope, routes }: { scope: StepScope; routes: RouteTable }) {
    this.name = nameOf(spec);
    this.routes = routes;
    this.index = new RouteIndex(routes);
    this.#options = OPTIONS.parse(spec.options);
    const { candidate } = this.#options;
    this.#candidate = routes.get(candidate)!;
    this.#primary = [...routes.values()].find(({ key }) => key !== candidate)!;
    this.#scope = scope;
  }

  list(): object {
    return { models: [...this.routes.keys(), this.name], candidate: this.#candidate.key };
  }

  needed(): readonly Route[] {
    return [this.#primary];
  }

  facts(): ModelFacts {
    return factsOf([this.#primary], "levada_shadow");
  }

  ask(operation: string, event: FlowEvent): Maybe<unknown> {
    const copy = this.#copyOf(event);
    const answer = this.#primary.ask({ operation, event });
    if (copy === undefined) return answer;
    const later = laterOf(answer);
    const kept = later === undefined ? Promise.resolve(keepAnswer(answer)) : later.then(keepAnswer); // before later steps have the answer
    this.#begin({ operation, event: copy, kept });
    return answer;
  }

  /** Gives up what the candidate still works on. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const cut of this.#pending.keys()) cut.abort(new DOMException("The flow closes", "AbortError"));
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const cancel = this.#scope.clock.schedule(CLOSE_GRACE_MS, resolve);
    await Promise.race([Promise.all(this.#pending.values()), over]);
    cancel();
  }

  /** The event for the candidate, made before anybody changes its body; undefined where it is not asked. It is nobody's but the router's. */
  #copyOf(event: FlowEvent): FlowEvent | undefined {
    const { share = 1, maxInFlight = MAX_IN_FLIGHT } = this.#options;
    if (this.#isClosing || (share < 1 && Math.random() >= share)) return undefined;
    if (this.#pending.size >= maxInFlight) {
      this.#count("dropped");
      return undefined;
    }
    try {
      const { id, key, path, method, headers, time, trigger } = event;
      const body = this.#scope.isShared ? event.body : copyData(event.body);
      return new FlowEvent(body, { id, key, path, method, headers, time, trigger });
    } catch (error) {
      this.#count("failed");
      this.#log(`cannot be asked: ${describeThrown(error).message}`, event);
      return undefined;
    }
  }

  #begin({ operation, event, kept }: Errand): void {
    const cut = new AbortController();
    event.track = { signal: cut.signal };
    const pending = this.#compare({ operation, event, kept }, cut.signal).then((outcome) => {
      this.#pending.delete(cut);
      this.#count(outcome);
    });
    this.#pending.set(cut, pending);
  }

  async #compare({ operation, event, kept }: Errand, signal: AbortSignal): Promise<Outcome> {
    let expected: KeptAnswer;
    try {
      expected = await kept;
    } catch {
      return "cut"; // the primary has no answer, or its caller has left: there is nothing to compare with
    }
    await new Promise<void>((resolve) => setTimeout(resolve, 0)); // the reply leaves first
    if (signal.aborted) return "cut";
    try {
      const given = await Promise.race([this.#candidate.ask({ operation, event }), rejected(signal)]);
      return this.#judge({ expected, given, event });
    } catch (error) {
      if (signal.aborted) return "cut";
      this.#log(`fails: ${describeThrown(error).message}`, event);
      return "failed";
    }
  }

  #judge({ expected, given, event }: { expected: KeptAnswer; given: unknown; event: FlowEvent }): Outcome {
    let found: AnswerDifference | undefined;
    try {
      found = answerDifference(expected(), given, this.#options.tolerance ?? TOLERANCE);
    } catch (error) {
      this.#log(`cannot be compared: ${describeThrown(error).message}`, event);
      return "incomparable";
    }
    if (found === undefined) return "same";
    const { place, one, other } = found;
    this.#log(`answers otherwise at ${place || "its root"}: ${shown(other)}, not ${shown(one)}`, event);
    return "different";
  }

  #count(outcome: Outcome): void {
    this.#scope.count(outcome === "dropped" ? "dropped" : `shadow ${outcome}`);
    this.#scope.context.metric(`shadow_${outcome}_total`, 1);
  }

  #log(what: string, event: FlowEvent): void {
    const minute = Math.floor(this.#scope.clock.now() / 60_000);
    if (minute !== this.#logged.minute) this.#logged = { minute, lines: 0 };
    this.#logged.lines += 1;
    if (this.#logged.lines > LOGGED_A_MINUTE) return;
    const { key } = this.#candidate;
    this.#scope.context.log.warn(`Shadow "${key}" ${what}`, {
      event: event.id,
      candidate: key,
      primary: this.#primary.key,
    });
  }
}

function nameOf(spec: StepSpec): string {
  return routerName(spec, { kind: "shadow", className: "Shadow" });
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

function shown(value: unknown): string {
  const text = typeof value === "bigint" || typeof value === "number"
    ? `${value}`
    : JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function shadowFaults(spec: StepSpec): Fault[] {
  const { candidate } = spec.options;
  const keys = spec.routes.map(({ key }) => key);
  const own = [...OWN_OPERATIONS, nameOf(spec)];
  const faults: Fault[] = keys.filter((key) => own.includes(key)).map((key) => ({
    cause: `route "${key}" has a name that its paths give to the router itself`,
    cure: "Rename it",
    severity: "error",
  }));
  if (keys.length === 0 || typeof candidate !== "string") return faults;
  if (!keys.includes(candidate)) {
    faults.push({
      cause: `its candidate is "${candidate}", which is no route`,
      cure: `Name one of ${keys.join(", ")}`,
      severity: "error",
    });
  } else if (keys.length !== 2) {
    faults.push({
      cause: `it has ${keys.length === 1 ? "no route" : `${keys.length - 1} routes`} beside its candidate`,
      cure: "Give it two: the one that answers, and the candidate",
      severity: "error",
    });
  }
  return faults;
}

/**
 * Answers by one route, and asks a candidate the same in its shadow: the candidate's answer is compared, logged and counted, and never
 * returned. Asking it never fails or changes a reply: it begins when the reply is made, with a copy of the request, and goes on when the
 * caller has left; the flow's closing ends it.
 *
 * `POST /v2/models/infer`, `POST /v2/models/<router>/infer` and `POST /` are answered by the first route, in the candidate's shadow; a
 * route's own path asks that route alone. The metrics `shadow_same_total`, `shadow_different_total`, `shadow_failed_total`,
 * `shadow_incomparable_total` (streams),
 * `shadow_dropped_total` (it had too much to do) and `shadow_cut_total` (nothing to compare with, or closing) count what came of it; the log
 * has the first ten differences and failures of each minute.
 *
 * A candidate that runs inline takes the flow's thread while it computes; where that is long, give its route `mechanism: "worker"`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, match } from "node:assert/strict";
 * import { serving, shadow } from "levada";
 *
 * const said = Promise.withResolvers<string>();
 * const quiet = () => {};
 * const fn = serving("prices");
 * fn.setTopology("router", shadow("new")).addRoute("old", () => ({ outputs: [10] })).addRoute("new", () => ({ outputs: [12] }));
 *
 * await using server = await fn.toMockServer({ log: { debug: quiet, info: quiet, warn: said.resolve, error: quiet } });
 * deepStrictEqual(await server.test("/", { inputs: [1] }), { outputs: [10] });
 * match(await said.promise, /Shadow "new" answers otherwise at outputs\[0\]: 12, not 10/);
 * ```
 *
 * @param candidate The key of the route that is never answered with.
 */
// deno-lint-ignore no-explicit-any -- the request decides what the model gets
export function shadow<In = any>(
  candidate: string,
  options: ShadowOptions = {},
  // deno-lint-ignore no-explicit-any -- each model answers in its own way
): RouterStep<In, InferReply<any>> {
  return new ReadyStep(SHADOW, { candidate, ...options });
}
