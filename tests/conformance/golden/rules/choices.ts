/** Rules about steps that choose the next ones, and about cycles. */

import { errorShape } from "../compare.ts";
import type { GoldenCase } from "../golden_case.ts";
import { answered, type Difference, type Rule, verdict } from "../rule.ts";
import { isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

const CHOICE_BY_FIELD = "mlrun.serving.steps.ChoiceByField";

/** The choosing classes that read a field of the body: the argument that names it, and its default. */
const FIELD_WORDS: Readonly<Record<string, readonly [word: string, otherwise: string]>> = {
  OutletsFrom: ["key", "to"],
  [CHOICE_BY_FIELD]: ["field_name", ""],
};

/** What was asked for is what happens. */
const CHOICES_MEAN_WHAT_THEY_SAY: Rule = {
  name: "choices-mean-what-they-say",
  reason:
    "no name ends the event (MLRun sends it everywhere), a name twice is that step once, an unknown name is the graph's fault, 500 naming those that exist, and a queue is chosen by its own name; in both engines",
  judge(difference) {
    const chooser = difference.case.graph?.steps?.find(({ class_name }) =>
      Object.hasOwn(FIELD_WORDS, String(class_name))
    );
    const body = difference.asked?.request.body;
    if (chooser === undefined || !isRecord(body) || difference.aspect === "routes") return undefined;
    const field = fieldOf(chooser);
    if (!isNaming(body[field])) return undefined;
    const names = [...new Set([body[field] ?? []].flat().map(String))];
    const behind = outletsOf(difference.case, chooser.name);
    const unknown = names.find((name) => !behind.includes(name));
    if (difference.aspect === "trace") {
      return verdict(traceComplaint(difference, { chooser: chooser.name, names, unknown }));
    }
    const given = answered(difference);
    if (given === undefined) return undefined;
    if (names.length === 0) {
      return verdict(
        statusIs(204, given.answer),
        given.answer.body === undefined ? undefined : "the answer has a body",
        given.answer.endedAt === chooser.name ? undefined : `it ended at ${given.answer.endedAt}`,
      );
    }
    if (unknown === undefined) return verdict(statusIs(200, given.answer), viaComplaint(given.answer.body, names));
    const text = errorOf(given.answer);
    const untold = [unknown, ...behind].filter((name) => !text.includes(`"${name}"`));
    return verdict(
      statusIs(500, given.answer),
      untold.length === 0 ? undefined : `the text lacks ${untold.join(", ")}`,
    );
  },
};

/** A field that should name the next step is right or wrong as data of a step is. */
const FIELDS_THAT_NAME_NOTHING_FAIL: Rule = {
  name: "fields-that-name-nothing-fail",
  reason:
    "a field that names no step is a failure of the step that reads it, 500 naming the field, whether it is missing, null, empty or of a wrong type; MLRun says 500 for some of these and 400 for others",
  judge(difference) {
    const chooser = difference.case.graph?.steps?.find(({ class_name }) => class_name === CHOICE_BY_FIELD);
    const given = answered(difference);
    const body = given?.request.body;
    if (chooser === undefined || given === undefined || !isRecord(body)) return undefined;
    const field = fieldOf(chooser);
    if (body[field] !== null && isNaming(body[field])) return undefined;
    return verdict(
      statusIs(500, given.answer),
      errorShape(given.request, given.answer),
      errorOf(given.answer).includes(`by field "${field}"`) ? undefined : `the text is ${errorOf(given.answer)}`,
      isRecord(given.answer.body) && given.answer.body.step === chooser.name ? undefined : "it names another step",
    );
  },
};

/** A cycle that goes on for too long is the graph's fault. */
const CYCLE_LIMIT_IS_500: Rule = {
  name: "cycle-limit-is-500",
  reason: "an event that may not enter a step of a cycle again is the graph's fault, 500 naming the step and the limit",
  judge(difference) {
    const given = answered(difference);
    const text = given === undefined ? undefined : recordedError(given.request, 400);
    const step = /^RuntimeError: Max iterations exceeded in step '(.+)' for event/.exec(text ?? "")?.[1];
    if (given === undefined || step === undefined) return undefined;
    const own = errorOf(given.answer);
    return verdict(
      statusIs(500, given.answer),
      own.includes(`"${step}"`) && own.includes("maxIterations") ? undefined : `the text is ${own}`,
    );
  },
};

/** The rules about choices and cycles, the most particular first. */
export const CHOICE_RULES: readonly Rule[] = [
  FIELDS_THAT_NAME_NOTHING_FAIL,
  CHOICES_MEAN_WHAT_THEY_SAY,
  CYCLE_LIMIT_IS_500,
];

type Step = NonNullable<NonNullable<GoldenCase["graph"]>["steps"]>[number];

/** The field of the body that the step goes by. */
function fieldOf({ class_name, class_args }: Step): string {
  const [word, otherwise] = FIELD_WORDS[String(class_name)]!;
  return String(isRecord(class_args) ? class_args[word] ?? otherwise : otherwise);
}

/** A name, several, or none. */
function isNaming(value: unknown): boolean {
  const names = [value ?? []].flat();
  return names.every((name) => typeof name === "string");
}

function outletsOf({ graph }: GoldenCase, step: string): string[] {
  const behind = (graph?.steps ?? []).filter(({ after }) => after?.includes(step)).map(({ name }) => name);
  return behind;
}

/** The event entered the chooser, then each chosen step and what stands behind it; nothing else. */
function traceComplaint(
  { asked, case: given }: Difference,
  { chooser, names, unknown }: { chooser: string; names: readonly string[]; unknown: string | undefined },
): string | undefined {
  const follow = (name: string): string[] => [name, ...outletsOf(given, name).flatMap(follow)];
  const expected = [chooser, ...(unknown === undefined ? names : []).flatMap(follow)].join(" ");
  const entered = (asked?.trace ?? []).join(" ");
  return entered === expected ? undefined : `the event entered ${entered}, not ${expected}`;
}

/** The steps of these cases write their name, or their queue's follower does. */
function viaComplaint(body: unknown, names: readonly string[]): string | undefined {
  const via = isRecord(body) ? body.via : undefined;
  const allowed = names.map((name) => name === "q" ? "a" : name);
  return typeof via === "string" && allowed.includes(via) ? undefined : `it went by ${String(via)}`;
}
