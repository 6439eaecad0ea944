import type { Fault } from "../errors.ts";
import { errorFault, warningFault } from "./fault.ts";
import { notJson } from "./json.ts";
import type { RouteNode, StepNode } from "./node.ts";
import { secretPlaces, type SecretSigns } from "./secret_data.ts";
import type { StepOptions } from "./step.ts";
import { wishOf } from "./step_options.ts";
import { CLASS_TASK } from "./task.ts";

/** The faults of a step's options, of its kind's own options, and of the arguments of its class and routes. */
export function checkOptions(node: StepNode): Fault[] {
  return [
    ...checkCommon(node),
    ...checkOwn(node),
    ...checkUnknown(node),
    ...checkSecrets(node.own, "option", { byName: node.definition.connects === true }),
    ...checkJson(node.args),
    ...checkSecrets(node.args, "argument"),
    ...[...node.routes.values()].flatMap(checkRoute),
  ];
}

const NOT_FOR_HOLDERS = ["retries", "backoffMs", "timeoutMs", "breaker"];

function checkCommon({ options, definition }: StepNode): Fault[] {
  const faults = Object.entries(options).flatMap(([key, value]) => {
    const wish = wishOf(key as keyof StepOptions, value);
    return wish === undefined ? [] : [errorFault(`option ${key} is ${shown(value)}`, `Give ${wish}`)];
  });
  for (const key of definition.holds === true ? NOT_FOR_HOLDERS : []) {
    if (!(key in options)) continue;
    faults.push(errorFault(
      `option ${key} has no meaning for a ${definition.kind}, which keeps events`,
      `Put it on the steps behind`,
    ));
  }
  return faults;
}

function checkOwn({ own, definition }: StepNode): Fault[] {
  const parsed = definition.options.safeParse(own);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) =>
      errorFault(`option ${path.join(".") || "list"}: ${message}`, `Mend the options of ${definition.kind}(…)`)
    );
}

function checkUnknown({ args, definition }: StepNode): Fault[] {
  if (definition === CLASS_TASK) return [];
  return Object.keys(args).map((key) =>
    errorFault(`it has no option "${key}"`, `Leave it out; a ${definition.kind} step takes no arguments here`)
  );
}

function checkRoute({ key, args }: RouteNode): Fault[] {
  if (key === "") return [errorFault("a route has no key", `Give it one: addRoute("key", Model)`)];
  return [...checkJson(args), ...checkSecrets(args, "argument")].map((fault) => ({
    ...fault,
    cause: `route "${key}": ${fault.cause}`,
  }));
}

function checkJson(args: Readonly<Record<string, unknown>>): Fault[] {
  return Object.entries(args).flatMap(([key, value]) => {
    const place = notJson(value, key);
    if (place === undefined) return [];
    return [errorFault(
      `argument ${place} is not JSON, so the step could not leave this program`,
      `Pass data, and build what needs code in load() or open()`,
    )];
  });
}

/** What is written out where a document leaves it out, and what a document has left out. */
function checkSecrets(
  data: Readonly<Record<string, unknown>>,
  what: "argument" | "option",
  signs?: SecretSigns,
): Fault[] {
  return secretPlaces(data, signs).map(({ path, kind }) =>
    kind === "leftOut"
      ? errorFault(
        `${what} ${path} is ***, as documents have it where a secret was`,
        "Write ${NAME} in its place, and give the secret NAME where the graph runs",
      )
      : warningFault(
        `${what} ${path} has a secret written out, which the graph's document leaves out`,
        'Give readSecret("NAME"), or write ${NAME} in its place; the secret NAME is read where the graph runs',
      )
  );
}

function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  return typeof value === "function" ? "a function" : JSON.stringify(value);
}
