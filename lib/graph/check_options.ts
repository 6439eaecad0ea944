import type { Fault } from "../errors.ts";
import { errorFault } from "./fault.ts";
import { notJson } from "./json.ts";
import type { RouteNode, StepNode } from "./node.ts";
import type { StepOptions } from "./step.ts";
import { CLASS_TASK } from "./task.ts";

/** The faults of a step's options, of its kind's own options, and of the arguments of its class and routes. */
export function checkOptions(node: StepNode): Fault[] {
  return [
    ...checkCommon(node),
    ...checkOwn(node),
    ...checkUnknown(node),
    ...checkJson(node.args),
    ...[...node.routes.values()].flatMap(checkRoute),
  ];
}

const TEXT = ["a string", (value: unknown) => typeof value === "string" && value !== ""] as const;
const PATH = ["names joined by dots, such as stats.length", isPath] as const;
const YES_OR_NO = ["a boolean", (value: unknown) => typeof value === "boolean"] as const;

const OPTION_TYPES: Readonly<Record<keyof StepOptions, readonly [wish: string, is: (value: unknown) => boolean]>> = {
  resultPath: PATH,
  inputPath: PATH,
  fullEvent: YES_OR_NO,
  function: TEXT,
  shape: TEXT,
  comment: TEXT,
  share: YES_OR_NO,
  retries: ["a whole number, 0 or more", (value) => isWhole(value, 0)],
  backoffMs: ["milliseconds, 0 or more", (value) => isFrom(value, 0)],
  timeoutMs: ["milliseconds, more than 0", (value) => isFrom(value, 0) && value !== 0],
  maxInFlight: ["a whole number, 1 or more", (value) => isWhole(value, 1)],
  maxIterations: ["a whole number, 1 or more", (value) => isWhole(value, 1)],
  breaker: ["{ failures: 1 or more, coolDownMs: 0 or more }", isBreaker],
};

const NOT_FOR_HOLDERS = ["retries", "backoffMs", "timeoutMs", "breaker"];

function checkCommon({ options, definition }: StepNode): Fault[] {
  const faults = Object.entries(options).flatMap(([key, value]) => {
    const [wish, is] = OPTION_TYPES[key as keyof StepOptions];
    return is(value) ? [] : [errorFault(`option ${key} is ${shown(value)}`, `Give ${wish}`)];
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
  return checkJson(args).map((fault) => ({ ...fault, cause: `route "${key}": ${fault.cause}` }));
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

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.split(".").every((name) => name !== "");
}

function isFrom(value: unknown, least: number): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= least;
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && isFrom(value, least);
}

function isBreaker(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { failures, coolDownMs } = value as Partial<NonNullable<StepOptions["breaker"]>>;
  return isWhole(failures, 1) && isFrom(coolDownMs, 0);
}

function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  return typeof value === "function" ? "a function" : JSON.stringify(value);
}
