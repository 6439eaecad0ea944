/** Rules about model runners. */

import { errorShape } from "../compare.ts";
import type { GoldenCase } from "../golden_case.ts";
import { isRaised } from "../library/raised.ts";
import type { RunnerCall } from "../model_runner.ts";
import { routesOf, upstreamsOf } from "../plot.ts";
import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

/** A model runner is one step. */
const RUNNERS_ARE_ONE_STEP: Rule = {
  name: "runners-are-one-step",
  reason: "a model runner is one step; MLRun hides another behind it, which raises what models raised",
  judge({ aspect, case: given, asked }) {
    const runner = runnerOf(given);
    if (aspect !== "trace" || runner === undefined || asked === undefined) return undefined;
    const shown = asked.request.trace!.filter((step) => step !== `${runner.name}_error_raise`);
    return verdict(valueDifference(shown, [...asked.trace]));
  },
};

/** A picture shows which models a runner has. */
const RUNNERS_SHOW_THEIR_MODELS: Rule = {
  name: "runners-show-their-models",
  reason: "the picture of a model runner shows its models by name; MLRun's shows how many there are",
  judge({ aspect, case: given, performance }) {
    const runner = runnerOf(given);
    if (aspect !== "plot" || runner === undefined) return undefined;
    const dot = performance.dot ?? "";
    const routes = routesOf(dot)[runner.name] ?? [];
    return verdict(
      valueDifference(runner.models.map(({ name }) => name).sort(), [...routes].sort()),
      valueDifference({ [runner.name]: [] }, upstreamsOf(dot)),
    );
  },
};

/** Failing models fail their event. */
const RUNNER_FAILURES_ARE_TOLD: Rule = {
  name: "runner-failures-are-told",
  reason:
    "models that fail are the graph's fault (500), and the reply names those only; MLRun says 400 and names healthy ones with None",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || text?.startsWith("ModelRunnerError: ") !== true) return undefined;
    const failing = failuresIn(text.slice("ModelRunnerError: ".length));
    return verdict(
      statusIs(500, given.answer),
      errorShape(given.request, given.answer),
      failureComplaint(failing, errorOf(given.answer)),
    );
  },
};

/** An error handler gets the runner's event. */
const HANDLERS_GET_THE_RUNNERS_EVENT: Rule = {
  name: "handlers-get-the-runners-event",
  reason:
    "an error handler of a model runner gets the event as the runner got it, and the runner's name; MLRun's gets half an answer, of a hidden step",
  judge(difference) {
    const given = answered(difference);
    const runner = runnerOf(difference.case);
    const recorded = given?.request.expect.body;
    if (given === undefined || runner === undefined || !isRecord(recorded)) return undefined;
    if (recorded.origin_state !== `${runner.name}_error_raise`) return undefined;
    const { error, ...rest } = isRecord(given.answer.body) ? given.answer.body : {};
    return verdict(
      statusIs(200, given.answer),
      valueDifference({ body: given.request.body, origin_state: runner.name }, rest),
      failureComplaint(failuresIn(String(recorded.error)), String(error)),
    );
  },
};

/** Models that were dropped are named apart. */
const DROPPED_MODELS_ARE_NAMED: Rule = {
  name: "dropped-models-are-named",
  reason:
    'with onMemberError: "drop" failures stand apart, under `failed`; MLRun puts { error } among the answers, which looks like one',
  judge(difference) {
    const given = answered(difference);
    const recorded = given?.request.expect.body;
    if (given === undefined || runnerOf(difference.case)?.raise_exception !== false || !isRecord(recorded)) {
      return undefined;
    }
    const answers = Object.entries(recorded);
    const isFailure = (answer: unknown): answer is { error: string } =>
      isRecord(answer) && typeof answer.error === "string";
    const failed = answers.flatMap(([name, answer]) =>
      isFailure(answer) ? [[name, answer.error.replace(/^\w+: /, "")]] : []
    );
    const expected = {
      ...Object.fromEntries(answers.filter(([, answer]) => !isFailure(answer))),
      failed: Object.fromEntries(failed),
    };
    return verdict(statusIs(200, given.answer), valueDifference(expected, given.answer.body));
  },
};

/** What a selector says. */
const SELECTIONS_MEAN_WHAT_THEY_SAY: Rule = {
  name: "selections-mean-what-they-say",
  reason:
    "a model that is not there is the graph's fault, 500 naming it and those that are; a name twice is that model once; MLRun says 400",
  judge(difference) {
    const given = answered(difference);
    const runner = runnerOf(difference.case);
    const text = given && recordedError(given.request, 400);
    const selected = isRecord(given?.request.body) ? given.request.body.models : undefined;
    if (given === undefined || runner === undefined || text === undefined || !Array.isArray(selected)) return undefined;
    const names = runner.models.map(({ name }) => name);
    const unknown = selected.filter((name) => !names.includes(name));
    if (unknown.length > 0) {
      const error = errorOf(given.answer);
      return verdict(
        statusIs(500, given.answer),
        errorShape(given.request, given.answer),
        ...[...unknown, ...names].map((name) =>
          error.includes(`"${name}"`) ? undefined : `it does not name ${name}: ${error}`
        ),
      );
    }
    if (!/more than one outlet/.test(text)) return undefined;
    const body = given.request.body as { n: number };
    const answers = runner.models.filter(({ name }) => selected.includes(name)).map(({ name, inc = 1 }) =>
      [name, { ...body, n: body.n + Number(inc) }] as const
    );
    return verdict(statusIs(200, given.answer), valueDifference(Object.fromEntries(answers), given.answer.body));
  },
};

/** The rules about model runners, the most particular first. */
export const RUNNER_RULES: readonly Rule[] = [
  RUNNERS_ARE_ONE_STEP,
  RUNNERS_SHOW_THEIR_MODELS,
  HANDLERS_GET_THE_RUNNERS_EVENT,
  RUNNER_FAILURES_ARE_TOLD,
  DROPPED_MODELS_ARE_NAMED,
  SELECTIONS_MEAN_WHAT_THEY_SAY,
];

function runnerOf({ graph }: GoldenCase): RunnerCall | undefined {
  for (const { args = [] } of graph?.build ?? []) {
    for (const argument of args) {
      if (isRecord(argument) && "$model_runner" in argument) return argument.$model_runner as RunnerCall;
    }
  }
  return undefined;
}

/** `ModelRunnerError: m0 None;\nbad ValueError: model boom`: who failed, and why. */
function failuresIn(text: string): { readonly name: string; readonly why: string }[] {
  return text.replace(/^ModelRunnerError: /, "").split(";\n").flatMap((line) => {
    const [, name, why] = /^(\S+) (.*)$/.exec(line) ?? [];
    return name === undefined || why === "None" ? [] : [{ name, why: why!.replace(/^\w+: /, "") }];
  });
}

/** What an error of ours lacks of the failures; undefined where nothing is missing and nobody else is blamed. */
function failureComplaint(
  failing: readonly { readonly name: string; readonly why: string }[],
  text: string,
): string | undefined {
  const named = [...text.matchAll(/member "([^"]+)" failed: ([^;]+)/g)].map(([, name, why]) => ({
    name: name!,
    why: why!,
  }));
  return valueDifference(failing.map(({ name }) => name), named.map(({ name }) => name)) ??
    (failing.every(({ why }, at) => isRaised(why) ? named[at]!.why === why : named[at]!.why.startsWith("Cannot "))
      ? undefined
      : `it does not say why: ${text}`);
}
