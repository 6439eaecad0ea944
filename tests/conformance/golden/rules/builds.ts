/** Rules about what is built and what is refused, and when. */

import { holds, readErrorText } from "../error_text.ts";
import type { GoldenCase } from "../golden_case.ts";
import { upstreamsOf } from "../plot.ts";
import { refused, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { lastStep, walk } from "../walk.ts";
import { statusIs } from "./errors.ts";

/** What MLRun refuses or breaks only because its synchronous engine cannot do it. */
const ONLY_SYNC = [
  /synchronous flow engine doesnt support branches/,
  /sync engine can only have one starting step/,
  /Cyclic graphs are not supported with sync engine/,
  /^ModelRunnerStep can be added to 'Flow' topology graph only$/,
];

/** There is one engine. */
const ONE_ENGINE: Rule = {
  name: "one-engine",
  reason:
    "branches, joins, several starts, asynchronous functions and storey's steps work in every graph; MLRun's synchronous engine has none of them",
  judge(difference) {
    const { case: given, performance, aspect, asked } = difference;
    const message = given.build_error?.message ?? "";
    if (aspect === "build" && ONLY_SYNC.some((pattern) => pattern.test(message))) {
      const hasSteps = (given.graph?.steps ?? []).length > 0; // without any, only the lack of steps may be refused
      const refusal = performance.refusal?.error.message;
      return verdict(refusal === undefined || (!hasSteps && /has no steps/.test(refusal)) ? undefined : refusal);
    }
    if (given.graph?.engine !== "sync") return undefined;
    if (asked === undefined || (aspect !== "answer" && aspect !== "trace")) return undefined;
    const text = String(asked.request.expect.body);
    const isOnlySync = ONLY_SYNC.some((pattern) => pattern.test(text)) || /'coroutine' and/.test(text) ||
      isStoreyStep(given, /^MLRunInvalidArgumentError: step (\S+) does not have a handler/.exec(text)?.[1]);
    if (asked.request.expect.status !== 400 || !isOnlySync) return undefined;
    const walked = walk(given, lastStep(given) ?? "", asked.request.body);
    if (!walked.known) return undefined;
    const missed = (given.graph.steps ?? []).filter(({ name, kind }) =>
      kind !== "error_step" && !asked.trace.includes(name)
    );
    return verdict(
      ...("status" in asked.answer
        ? [statusIs(200, asked.answer), valueDifference(walked.body, asked.answer.body)]
        : ["there is no answer"]),
      missed.length === 0 ? undefined : `steps did not run: ${missed.map(({ name }) => name).join(", ")}`,
    );
  },
};

/** A graph is checked as a whole. */
const ALL_FAULTS_AT_ONCE: Rule = {
  name: "all-faults-at-once",
  reason:
    "a graph is written in any order and checked as a whole: one error tells every fault, where MLRun stops at the first call",
  judge(difference) {
    const refusal = refused(difference);
    const { build_error } = difference.case;
    if (difference.aspect !== "build" || build_error?.stage !== "build" || build_error.op === undefined) {
      return undefined;
    }
    if (refusal?.stage !== "serve" || refusal.error.name !== "GraphError") return undefined;
    const read = readErrorText(`${build_error.class}: ${build_error.message}`);
    const names = read.from === "mlrun"
      ? [...read.names, ...namesOfCall(difference.case)]
      : namesOfCall(difference.case);
    const missing = names.filter((name) => !holds(refusal.error.message, name));
    return verdict(
      names.length === 0 ? "nothing says what the text must name" : undefined,
      missing.length === 0 ? undefined : `the text lacks ${missing.join(", ")}`,
    );
  },
};

/** A name that is not there is seen when the step is added. */
const NAMES_ARE_CHECKED_AT_ONCE: Rule = {
  name: "names-are-checked-at-once",
  reason:
    "a class or function is passed as a value: one that is not there is seen where the step is added, not when the server starts",
  judge(difference) {
    const refusal = refused(difference);
    const { build_error } = difference.case;
    if (difference.aspect !== "build" || build_error?.stage !== "serve" || refusal?.stage !== "build") return undefined;
    const isName = /^Failed to import|handler '.+' not found|handler \(.+\) specified but doesnt exist/.test(
      build_error.message,
    );
    if (!isName) return undefined;
    const call = difference.case.graph?.build?.[refusal.op ?? -1];
    const step = call?.with?.name ?? call?.args?.[1] ?? "";
    return verdict(
      refusal.error.message.includes(`"${step}"`)
        ? undefined
        : `the text does not name step "${step}": ${refusal.error.message}`,
    );
  },
};

/** Every step can be named. */
const STEPS_ARE_EXPORTED: Rule = {
  name: "steps-are-exported",
  reason: "every ready step is exported; storey has some that a graph can only name by the module they are in",
  judge(difference) {
    const { build_error } = difference.case;
    if (difference.aspect !== "build" || build_error?.stage !== "serve") return undefined;
    if (!/^module 'storey' has no attribute '\w+'$/.test(build_error.message)) return undefined;
    return verdict(refused(difference)?.error.message);
  },
};

/** A broken step is seen at the start. */
const STEPS_ARE_CHECKED_AT_START: Rule = {
  name: "steps-are-checked-at-start",
  reason: "a step that nothing can call is refused when the server starts; MLRun starts and fails every request",
  judge(difference) {
    const refusal = refused(difference);
    if (difference.aspect !== "build" || refusal?.stage !== "serve") return undefined;
    const texts = (difference.case.requests ?? []).map(({ expect }) => String(expect.body));
    const step = texts.map((text) => /step (\S+) does not have a handler/.exec(text)?.[1]).find((name) =>
      name !== undefined
    );
    if (step === undefined) return undefined;
    return verdict(
      refusal.error.message.includes(`step "${step}"`) ? undefined : `the text does not name step "${step}"`,
    );
  },
};

/** A graph without steps does nothing. */
const EMPTY_GRAPHS_ARE_REFUSED: Rule = {
  name: "empty-graphs-are-refused",
  reason: "a graph without steps is a mistake, told before it serves; MLRun serves it and answers with ids",
  judge(difference) {
    const refusal = refused(difference);
    const { graph } = difference.case;
    if (difference.aspect !== "build" || graph?.topology !== "flow" || (graph.steps ?? []).length > 0) return undefined;
    if (refusal === undefined || difference.case.build_error !== undefined) return undefined;
    return verdict(refusal.error.message.includes("has no steps") ? undefined : refusal.error.message);
  },
};

/** A function that is not declared is a fault. */
const FUNCTIONS_ARE_DECLARED: Rule = {
  name: "functions-are-declared",
  reason:
    "a step of a function that nobody declared is refused by the mock server as well; MLRun says so only when it deploys",
  judge(difference) {
    const refusal = refused(difference);
    const deploying = difference.case.checks?.find(({ what }) => what === "deploy()")?.raises?.message ?? "";
    const name = /^function (\S+) is used in steps and is not defined/.exec(deploying)?.[1];
    if (difference.aspect !== "build" || difference.case.build_error !== undefined || name === undefined) {
      return undefined;
    }
    return verdict(
      refusal === undefined || !holds(refusal.error.message, name) ? `the text does not name "${name}"` : undefined,
      ...(difference.case.graph?.steps ?? []).filter((step) => step.function === name).map((step) =>
        refusal?.error.message.includes(`step "${step.name}"`) === true
          ? undefined
          : `the text does not name "${step.name}"`
      ),
    );
  },
};

/** Between two functions stands a queue. */
const BORDERS_ARE_QUEUES: Rule = {
  name: "borders-are-queues",
  reason:
    "a step of another function without a queue before it would never run: it is refused; MLRun drops it and answers with an id",
  judge(difference) {
    const refusal = refused(difference);
    const steps = difference.case.graph?.steps ?? [];
    if (difference.aspect !== "build" || difference.case.build_error !== undefined || refusal === undefined) {
      return undefined;
    }
    const crossing = steps.filter(({ after = [], function: own, kind }) =>
      kind !== "queue" && after.some((name) => {
        const before = steps.find((step) => step.name === name);
        return before?.kind !== "queue" && before?.function !== own;
      })
    );
    if (crossing.length === 0) return undefined;
    const { message } = refusal.error;
    return verdict(
      ...crossing.map(({ name }) =>
        message.includes(`step "${name}"`) ? undefined : `the text does not name step "${name}"`
      ),
      message.includes("queue") ? undefined : "the text does not say that a queue is needed",
    );
  },
};

/** Steps are inserted before steps. */
const INSERTING_WORKS: Rule = {
  name: "inserting-works",
  reason:
    "a step can be put behind and before several steps, and behind an error handler of the whole graph; MLRun refuses, or makes a loop",
  judge(difference) {
    const { case: given, aspect, performance, what } = difference;
    const inserted = insertedBy(given);
    if (inserted === undefined || performance.refusal !== undefined) return undefined;
    if (aspect !== "build" && !(aspect === "check" && what === "after of each step")) return undefined;
    if (given.build_error === undefined) return undefined;
    const before = upstreamsOf(performance.dot ?? "");
    const { name, targets, after } = inserted;
    return verdict(
      ...targets.map((target) =>
        before[target]?.includes(name) === true ? undefined : `"${name}" does not lead to "${target}"`
      ),
      ...after.map((from) =>
        before[name]?.includes(from) === true ? undefined : `"${from}" does not lead to "${name}"`
      ),
    );
  },
};

/** Closing works everywhere. */
const EVERYTHING_CLOSES: Rule = {
  name: "everything-closes",
  reason: "waitForCompletion drains and closes a router as it does a flow; MLRun's has no such method",
  judge({ aspect, what, case: given, performance }) {
    const raises = given.checks?.find((check) => check.what === what)?.raises?.message ?? "";
    if (aspect !== "check" || !raises.includes("has no attribute 'wait_for_completion'")) return undefined;
    return verdict(performance.termination.error);
  },
};

/** The rules about building, the most particular first. */
export const BUILD_RULES: readonly Rule[] = [
  ONE_ENGINE,
  ALL_FAULTS_AT_ONCE,
  NAMES_ARE_CHECKED_AT_ONCE,
  STEPS_ARE_EXPORTED,
  STEPS_ARE_CHECKED_AT_START,
  EMPTY_GRAPHS_ARE_REFUSED,
  FUNCTIONS_ARE_DECLARED,
  BORDERS_ARE_QUEUES,
  INSERTING_WORKS,
  EVERYTHING_CLOSES,
];

function isStoreyStep({ graph }: GoldenCase, name: string | undefined): boolean {
  return graph?.steps?.some((step) => step.name === name && String(step.class_name).startsWith("storey.")) === true;
}

/** The names of steps in the call that MLRun refused. */
function namesOfCall({ graph, build_error }: GoldenCase): string[] {
  const call = graph?.build?.[build_error?.op ?? -1];
  if (call?.call === "cycle_to") {
    return [...(call.on === undefined ? [] : [call.on]), ...[call.args?.[0]].flat().map(String)];
  }
  if (call?.call === "error_handler") return [String(call.args?.[0] ?? call.with?.name)];
  return [];
}

/** What the case inserts where MLRun cannot: the last call with `before`. */
function insertedBy({ graph }: GoldenCase): { name: string; targets: string[]; after: string[] } | undefined {
  const call = (graph?.build ?? []).findLast(({ with: given }) => given?.before !== undefined);
  if (call === undefined) return undefined;
  return {
    name: String(call.with?.name ?? call.args?.[0]),
    targets: [call.with?.before].flat() as string[],
    after: [call.with?.after ?? []].flat() as string[],
  };
}
