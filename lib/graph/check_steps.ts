import type { Fault } from "../errors.ts";
import { checkOptions } from "./check_options.ts";
import { errorFault } from "./fault.ts";
import type { Links } from "./link.ts";
import { specOf, type StepNode } from "./node.ts";
import type { GraphSource } from "./source.ts";
import { placesOf, type StepPlace } from "./step_place.ts";

/** The faults that a step has by itself: its name, its options, its code, its function, its routes, and what its kind finds. */
export function checkSteps(
  source: GraphSource,
  { links, functions }: { links: Links; functions: readonly string[] },
): Fault[] {
  const places = placesOf(source, links);
  return source.nodes.flatMap((node, index) =>
    [
      ...checkName(node, index, source.nodes),
      ...checkCode(node),
      ...checkOptions(node),
      ...checkFunction(node, functions, source.name),
      ...checkStream(node, places[index]!),
      ...(node.definition.check?.(specOf(node), places[index]!) ?? []),
    ].map((fault): Fault => ({ step: node.name, ...fault }))
  );
}

function checkName(node: StepNode, index: number, nodes: readonly StepNode[]): Fault[] {
  if (typeof node.name !== "string" || node.name === "") {
    return [errorFault(`the step added at ${node.place} has no name`, `Give it one: to("name", step)`)];
  }
  const first = nodes.findIndex(({ name }) => name === node.name);
  if (first === index) return [];
  return [errorFault(
    `two steps have this name: one added at ${nodes[first]!.place}, one at ${node.place}`,
    `Rename one of them`,
  )];
}

function checkCode({ code, definition }: StepNode): Fault[] {
  return Object.entries(definition.code).flatMap(([option, need]) => {
    const value: unknown = code[option];
    if (typeof value === "function" || (value === undefined && need === "optional")) return [];
    return [errorFault(
      `its ${option} is ${value === undefined ? "missing" : typeof value}`,
      `Give a function: ${definition.kind}((body) => …)`,
    )];
  });
}

function checkFunction(node: StepNode, functions: readonly string[], own: string): Fault[] {
  const named = [node.options.function, ...[...node.routes.values()].map((route) => route.function)];
  return named.flatMap((name) => {
    if (name === undefined || functions.includes(name)) return [];
    if (name === own) {
      return [errorFault(`it runs in function "${name}", which is the function itself`, "Leave its `function` out")];
    }
    return [errorFault(
      `it runs in function "${name}", which is not declared`,
      `Declare it: fn.addChildFunction("${name}")`,
    )];
  });
}

/** A step that streams and gets the results of another stream, which nobody gathered. */
function checkStream(node: StepNode, { streamers }: StepPlace): Fault[] {
  if (streamers.length === 0 || node.definition.streams?.(specOf(node)) !== true) return [];
  return [errorFault(
    `it streams, and so ${streamers.length === 1 ? "does" : "do"} ${
      streamers.map((name) => `"${name}"`).join(" and ")
    } before it`,
    `Gather the stream first, .to("all", collector()), or return a list`,
  )];
}
