import type { Fault } from "../errors.ts";
import type { GraphSource } from "./source.ts";
import { notJson } from "./json.ts";
import { FLOW_LIMITS } from "./limits.ts";
import type { Links } from "./link.ts";
import { type RouteNode, specOf, type StepNode } from "./node.ts";
import { onLoops, reachable } from "./reach.ts";
import type { StepOptions } from "./step.ts";
import { CLASS_TASK } from "./task.ts";

/** The faults that a step has by itself: its name, its options, its code, its function, its routes. */
export function checkSteps(
  source: GraphSource,
  { links, functions }: { links: Links; functions: readonly string[] },
): Fault[] {
  return source.nodes.flatMap((node, index) =>
    [
      ...checkName(node, index, source.nodes),
      ...checkCode(node),
      ...checkOptions(node),
      ...checkFunction(node, functions),
      ...(node.definition.check?.(specOf(node), { isTerminal: links.next[index]!.length === 0 }) ?? []),
    ].map((fault): Fault => ({ step: node.name, ...fault }))
  );
}

/** The faults that lie between steps: loops, responders, borders, steps that no event reaches. */
export function checkLinks(source: GraphSource, links: Links): Fault[] {
  const { nodes } = source;
  const name = (index: number) => nodes[index]!.name;
  const faults: Fault[] = [];
  if (nodes.length === 0) {
    faults.push(error(`graph "${source.name}" has no steps`, `Add one: graph.to("name", (body) => body)`));
  }
  const loop = onLoops(links.next);
  if (loop.length > 0 && source.limits.allowCycles !== true) {
    faults.push(error(
      `steps ${loop.map((index) => `"${name(index)}"`).join(", ")} form a loop`,
      `Take out one of the links between them, or say setTopology("flow", { allowCycles: true })`,
      name(loop[0]!),
    ));
  } else if (loop.length > 0) {
    faults.push(...checkExits(source, links, loop));
  }
  faults.push(...checkLimits(source));
  const responders = nodes.filter((node) => node.responder);
  if (responders.length > 1) {
    faults.push(error(
      `${responders.map((node) => `"${node.name}"`).join(" and ")} both answer the caller`,
      `Call respond() on one step only`,
      responders[1]!.name,
    ));
  }
  const entered = reachable([...links.starts, ...links.handlers], links.next);
  for (const index of nodes.keys()) {
    if (!entered.has(index) && !loop.includes(index)) {
      faults.push(error("no event can reach it", `Put it behind a step: { after: "…" }`, name(index)));
    }
    faults.push(...links.next[index]!.flatMap((to) => checkBorder(nodes[index]!, nodes[to]!)));
  }
  if (nodes.length > 0 && responders.length === 0) {
    faults.push({
      cause: "no step answers the caller, who will get the event's id instead",
      cure: "Call respond() on the step whose result is the reply, if there is one",
      severity: "warning",
    });
  }
  return faults;
}

/** A cycle that no event can leave: every way from it leads back, nothing in it answers or ends an event. */
function checkExits({ nodes }: GraphSource, { next }: Links, loop: readonly number[]): Fault[] {
  const told = new Set<number>();
  return loop.flatMap((start) => {
    if (told.has(start)) return [];
    const reached = reachable([start], next);
    for (const index of reached) told.add(index);
    const canEnd = [...reached].some((index) => {
      const node = nodes[index]!;
      return next[index]!.length === 0 || node.responder || node.definition.canDrop === true;
    });
    if (canEnd) return [];
    const names = [...reached].map((index) => `"${nodes[index]!.name}"`).join(", ");
    return [error(
      `no event can leave the cycle of ${names}`,
      `Put a step behind one of them, and choose between it and the way back: choice((body) => …)`,
      nodes[start]!.name,
    )];
  });
}

function checkLimits({ limits }: GraphSource): Fault[] {
  const parsed = FLOW_LIMITS.safeParse(limits);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) =>
    error(
      `option ${path.join(".")} of the graph: ${message}`,
      `Mend the options of setTopology("flow", { … })`,
    )
  );
}

function checkName(node: StepNode, index: number, nodes: readonly StepNode[]): Fault[] {
  if (typeof node.name !== "string" || node.name === "") {
    return [error(`the step added at ${node.place} has no name`, `Give it one: to("name", step)`)];
  }
  const first = nodes.findIndex(({ name }) => name === node.name);
  if (first === index) return [];
  return [error(
    `two steps have this name: one added at ${nodes[first]!.place}, one at ${node.place}`,
    `Rename one of them`,
  )];
}

function checkCode({ code, definition }: StepNode): Fault[] {
  return Object.entries(definition.code).flatMap(([option, need]) => {
    const value: unknown = code[option];
    if (typeof value === "function" || (value === undefined && need === "optional")) return [];
    return [error(
      `its ${option} is ${value === undefined ? "missing" : typeof value}`,
      `Give a function: ${definition.kind}((body) => …)`,
    )];
  });
}

function checkOptions(node: StepNode): Fault[] {
  const faults = Object.entries(node.options).flatMap(([key, value]) =>
    isOption(key, value) ? [] : [error(`option ${key} is ${shown(value)}`, `Give ${OPTION_TYPES[key]![0]}`)]
  );
  for (const key of node.definition.holds === true ? ["retries", "backoffMs", "timeoutMs", "breaker"] : []) {
    if (key in node.options) {
      faults.push(error(
        `option ${key} has no meaning for a ${node.definition.kind}, which keeps events`,
        `Put it on the steps behind`,
      ));
    }
  }
  const parsed = node.definition.options.safeParse(node.own);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    faults.push(
      error(
        `option ${issue.path.join(".") || "list"}: ${issue.message}`,
        `Mend the options of ${node.definition.kind}(…)`,
      ),
    );
  }
  if (node.definition !== CLASS_TASK) {
    for (const key of Object.keys(node.args)) {
      faults.push(
        error(`it has no option "${key}"`, `Leave it out; a ${node.definition.kind} step takes no arguments here`),
      );
    }
  }
  faults.push(...checkJson(node.args), ...[...node.routes.values()].flatMap(checkRoute));
  return faults;
}

const TEXT = ["a string", (value: unknown) => typeof value === "string" && value !== ""] as const;
const YES_OR_NO = ["a boolean", (value: unknown) => typeof value === "boolean"] as const;

const OPTION_TYPES: Readonly<Record<string, readonly [wish: string, is: (value: unknown) => boolean]>> = {
  resultPath: TEXT,
  inputPath: TEXT,
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

function isOption(key: string, value: unknown): boolean {
  return OPTION_TYPES[key]![1](value);
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
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function checkRoute({ key, args }: RouteNode): Fault[] {
  if (key === "") return [error("a route has no key", `Give it one: addRoute("key", Model)`)];
  return checkJson(args).map((fault) => ({ ...fault, cause: `route "${key}": ${fault.cause}` }));
}

function checkJson(args: Readonly<Record<string, unknown>>): Fault[] {
  return Object.entries(args).flatMap(([key, value]) => {
    const place = notJson(value, key);
    if (place === undefined) return [];
    return [error(
      `argument ${place} is not JSON, so the step could not leave this program`,
      `Pass data, and build what needs code in load() or open()`,
    )];
  });
}

function checkFunction(node: StepNode, functions: readonly string[]): Fault[] {
  const named = [node.options.function, ...[...node.routes.values()].map((route) => route.function)];
  return named.flatMap((name) => {
    if (name === undefined || functions.includes(name)) return [];
    return [error(
      `it runs in function "${name}", which is not declared`,
      `Declare it: fn.addChildFunction("${name}")`,
    )];
  });
}

function checkBorder(from: StepNode, to: StepNode): Fault[] {
  const [here, there] = [from.options.function, to.options.function];
  if (from.definition.isBorder === true) {
    const needs = from.own.path !== undefined && there === undefined && to.definition.isBorder !== true;
    return needs
      ? [error(
        `it stands behind queue "${from.name}", which leaves the function, and says no function to run in`,
        `Say which: { function: "…" }, or take the path away from the queue`,
        to.name,
      )]
      : [];
  }
  if (here === there || to.definition.isBorder === true) return [];
  return [error(
    `it runs in function "${there ?? "(the parent)"}" and "${from.name}" before it in "${
      here ?? "(the parent)"
    }", with no queue between`,
    `Put a queue between them: .to("q", queue({ path: "…" }))`,
    to.name,
  )];
}

function error(cause: string, cure: string, step?: string): Fault {
  return { ...(step === undefined ? {} : { step }), cause, cure, severity: "error" };
}
