import { z } from "zod";
import { describeThrown, type Fault, StatusError } from "../errors.ts";
import { copyData } from "../flow/copy.ts";
import type { Context } from "../graph/context.ts";
import { FlowEvent } from "../graph/event.ts";
import { isGenerator } from "../graph/generator.ts";
import { andThen, isLater, laterOf } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";
import { redactText } from "../redact_text.ts";
import { bodyOf } from "./body/fields_of.ts";

/** Which functions run, and what becomes of their results. */
export interface ParallelOptions<In, Results, Selected extends string, Policy, Out> {
  /** Gets the body and the context; names the function to run, or several; none ends the event. Default: all run. */
  select?: (body: In, context: Context) => Maybe<Selected | readonly Selected[] | undefined>;
  /** Makes the body of the results by name; may be asynchronous. Default: the results by name are the body. */
  join?: (
    results: ParallelResults<Results, Selected, Policy>,
    given: ParallelInput<In, keyof Results & string>,
  ) => Maybe<Out>;
  /**
   * What becomes of an event when functions fail: it fails (default), or goes on with the other results, while the field `failed` of
   * the body says who failed and why. When all fail, the event fails.
   */
  onError?: Policy;
}

/** What `join` gets besides the results. */
export interface ParallelInput<In, Name extends string = string> {
  /** The body that the functions got copies of. */
  readonly body: In;
  /** Why functions failed, by name; with `onError: "drop"`. */
  readonly failed: { readonly [Failed in Name]?: string };
}

const OPTIONS = z.strictObject({ onError: z.enum(["fail", "drop"]).optional() });

const BRANCH = "branch:"; // before the name of a branch among the step's code, where select and join are as well
const FAILED = "failed";

/** What `parallel` does with events. */
export const PARALLEL: StepDefinition = {
  kind: "parallel",
  shape: "box3d",
  options: OPTIONS,
  code: { select: "optional", join: "optional" },
  canDrop: true,
  check: (spec) => [...checkBranches(spec)],
  open: (spec, scope) => new Parallel(spec, scope),
};

function* checkBranches({ code, options }: StepSpec): Generator<Fault> {
  const names = branchesOf(code);
  const severity = "error";
  if (names.size === 0) {
    yield { cause: "it has no functions to run", cure: "Give some: parallel({ name: (body) => … })", severity };
  }
  for (const [name, fn] of names) {
    if (typeof fn === "function") continue;
    yield { cause: `its "${name}" is ${kindOf(fn)}`, cure: "Give a function: (body) => …", severity };
  }
  if (options.onError === "drop" && code.join === undefined && names.has(FAILED)) {
    yield {
      cause: `a function has the name "${FAILED}", which is the field that says who failed`,
      cure: "Rename the function, or join the results: { join: (results, { failed }) => … }",
      severity,
    };
  }
}

function branchesOf(code: StepSpec["code"]): Map<string, Code> {
  const branches = Object.entries(code).filter(([option]) => option.startsWith(BRANCH));
  return new Map(branches.map(([option, fn]) => [option.slice(BRANCH.length), fn]));
}

type Outcome = { readonly name: string } & ({ readonly result: unknown } | { readonly error: unknown });

class Parallel implements Operator {
  readonly #branches: ReadonlyMap<string, Code>;
  readonly #code: StepSpec["code"];
  readonly #isDropping: boolean;
  readonly #scope: StepScope;

  constructor({ code, options }: StepSpec, scope: StepScope) {
    this.#branches = branchesOf(code);
    this.#code = code;
    this.#isDropping = OPTIONS.parse(options).onError === "drop";
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const { select } = this.#code;
    if (select === undefined) return this.#run(event, [...this.#branches.keys()]);
    const names = select(this.#scope.read(event), this.#scope.contextOf(event));
    return andThen(names, (selected) => this.#run(event, this.#namesOf(selected)));
  }

  #namesOf(selected: unknown): string[] {
    const names = typeof selected === "string" ? [selected] : selected ?? [];
    if (!Array.isArray(names)) {
      throw new TypeError(`Cannot select functions by ${kindOf(selected)}: return a name or a list of names`);
    }
    const unknown = names.find((name) => !this.#branches.has(name));
    if (unknown === undefined) return [...new Set<string>(names)];
    const known = [...this.#branches.keys()].map((name) => `"${name}"`).join(", ");
    throw new RangeError(`Cannot run function ${JSON.stringify(unknown) ?? String(unknown)}: there are ${known}`);
  }

  #run(event: FlowEvent, names: readonly string[]): Reaction | Promise<Reaction> {
    if (names.length === 0) return [];
    // All copies are made first: what a function does to its own must not show in another's.
    const bodies = names.map(() => this.#copyOf(this.#scope.read(event)));
    const outcomes = names.map((name, index) => this.#call(name, bodies[index], event));
    return outcomes.some(isLater)
      ? Promise.all(outcomes).then((settled) => this.#join(event, settled))
      : this.#join(event, outcomes as Outcome[]);
  }

  #copyOf(given: unknown): unknown {
    if (given instanceof FlowEvent) return given.with(this.#copyOf(given.body));
    return this.#scope.isShared ? given : copyData(given);
  }

  #call(name: string, body: unknown, event: FlowEvent): Maybe<Outcome> {
    const done = (result: unknown): Outcome => {
      if (!isGenerator(result)) return { name, result: bodyOf(result) };
      throw new TypeError("it streams, and a function that runs beside others gives one result");
    };
    const failure = (error: unknown): Outcome => ({ name, error });
    try {
      const result: unknown = this.#branches.get(name)!(body, this.#scope.contextOf(event));
      const later = laterOf(result);
      return later === undefined ? done(result) : later.then(done).catch(failure);
    } catch (error) {
      return failure(error);
    }
  }

  #join(event: FlowEvent, outcomes: readonly Outcome[]): Reaction | Promise<Reaction> {
    const failures = outcomes.filter((outcome) => "error" in outcome);
    if (failures.length > 0 && (!this.#isDropping || failures.length === outcomes.length)) throw failureOf(failures);
    for (const { name, error } of failures) {
      this.#scope.count("dropped");
      this.#scope.context.pushError(
        event,
        new Error(`Function "${name}" failed: ${describeThrown(error).message}`, { cause: error }),
      );
    }
    const failed = Object.fromEntries(
      failures.map(({ name, error }) => [name, redactText(describeThrown(error).message)]),
    );
    const results = Object.fromEntries(
      outcomes.flatMap((outcome) => "result" in outcome ? [[outcome.name, outcome.result]] : []),
    );
    const { join } = this.#code;
    if (join === undefined) return this.#write(event, failures.length === 0 ? results : { ...results, failed });
    const given = this.#scope.read(event);
    const joined = join(results, { body: bodyOf(given), failed });
    return andThen(joined, (body) => this.#write(event, body));
  }

  #write(event: FlowEvent, body: unknown): FlowEvent {
    this.#scope.write(event, body);
    return event;
  }
}

/** All failures in one: the caller's fault only where it is so for each. */
function failureOf(failures: readonly { readonly name: string; readonly error: unknown }[]): StatusError {
  const statuses = new Set(failures.map(({ error }) => error instanceof StatusError ? error.status : 500));
  return new StatusError(
    statuses.size === 1 ? [...statuses][0]! : 500,
    failures.map(({ name, error }) => `Function "${name}" failed: ${describeThrown(error).message}`).join("; "),
    { cause: failures.length === 1 ? failures[0]!.error : new AggregateError(failures.map(({ error }) => error)) },
  );
}

/** The results by name: all of them, or some where functions are selected or dropped. */
export type ParallelResults<Results, Selected, Policy> = [Selected] extends [never]
  ? Policy extends "drop" ? Partial<Results> : Results
  : Partial<Results>;

/** The body behind a `parallel` step without `join`. */
export type ParallelBody<Results, Selected, Policy> =
  & ParallelResults<Results, Selected, Policy>
  & (Policy extends "drop" ? { failed?: { [Name in keyof Results]?: string } } : unknown);

/**
 * Runs several functions at once, each on a copy of the body, and joins what they return: `{ name: result, … }`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { parallel, serving } from "levada";
 *
 * const fn = serving("words");
 * fn.setTopology("flow")
 *   .to("line", (line: string) => line.split(" "))
 *   .to("both", parallel({ count: (words) => words.length, longest: (words) => Math.max(...words.map((word) => word.length)) }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "water runs downhill"), { count: 3, longest: 8 });
 * ```
 *
 * @param branches The functions by name: each gets the body and the context, and answers at once or later. With the step's `share`
 * they get the body itself, and only read it.
 */
export function parallel<
  In,
  Results extends object,
  Selected extends string = never,
  Policy extends "fail" | "drop" = "fail",
  Out = ParallelBody<Results, Selected, Policy>,
>(
  branches: { [Name in keyof Results]: Handler<In, Maybe<Results[Name]>> } & { [Name in NoInfer<Selected>]: unknown },
  options: ParallelOptions<In, Results, Selected, Policy, Out> = {},
): ReadyStep<In, Out> {
  const { select, join, ...data } = options;
  const code = Object.entries(branches ?? {}).map(([name, fn]) => [`${BRANCH}${name}`, fn as Code]);
  return new ReadyStep(PARALLEL, { ...data }, {
    ...(select === undefined ? {} : { select }),
    ...(join === undefined ? {} : { join }),
    ...Object.fromEntries(code),
  });
}
