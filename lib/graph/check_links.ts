import type { Fault } from "../errors.ts";
import { checkCycles } from "./check_cycles.ts";
import { errorFault, warningFault } from "./fault.ts";
import { FLOW_LIMITS } from "./limits.ts";
import type { Links } from "./link.ts";
import type { StepNode } from "./node.ts";
import { onLoops, reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/**
 * The faults that lie between steps: loops, responders, borders, steps that no event reaches.
 *
 * @param functions Those that are declared: a step of another is at fault already, wherever it stands.
 */
export function checkLinks(
  source: GraphSource,
  { links, functions }: { links: Links; functions: readonly string[] },
): Fault[] {
  const isPlaced = ({ options }: StepNode) => options.function === undefined || functions.includes(options.function);
  return [
    ...checkEmpty(source),
    ...checkCycles(source, links),
    ...checkLimits(source),
    ...checkResponders(source, links),
    ...checkReach(source, links),
    ...source.nodes.flatMap((node, index) =>
      links.next[index]!.map((to) => source.nodes[to]!).flatMap((to) =>
        isPlaced(node) && isPlaced(to) ? checkBorder(node, to) : []
      )
    ),
  ];
}

function checkEmpty({ name, nodes }: GraphSource): Fault[] {
  if (nodes.length > 0) return [];
  return [errorFault(`graph "${name}" has no steps`, `Add one: graph.to("name", (body) => body)`)];
}

function checkLimits({ limits }: GraphSource): Fault[] {
  const parsed = FLOW_LIMITS.safeParse(limits);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) =>
    errorFault(
      `option ${path.join(".")} of the graph: ${message}`,
      `Mend the options of setTopology("flow", { … })`,
    )
  );
}

function checkResponders({ nodes }: GraphSource, { next }: Links): Fault[] {
  const responders = nodes.filter((node) => node.responder);
  if (responders.length > 1) {
    return [errorFault(
      `${responders.map((node) => `"${node.name}"`).join(" and ")} both answer the caller`,
      `Call respond() on one step only`,
      responders[1]!.name,
    )];
  }
  // A graph with a way out at its end says where its results go.
  const leads = nodes.some((node, index) => node.definition.isBorder === true && next[index]!.length === 0);
  if (nodes.length === 0 || responders.length === 1 || leads) return [];
  return [warningFault(
    "no step answers the caller, who will get the event's id instead",
    "Call respond() on the step whose result is the reply, if there is one",
  )];
}

function checkReach({ nodes, limits }: GraphSource, links: Links): Fault[] {
  const entered = reachable([...links.starts, ...links.handlers], links.next);
  const loop = new Set(limits.allowCycles === true ? [] : onLoops(links.next)); // told already, as a loop
  const lost = nodes.flatMap(({ name }, index) =>
    entered.has(index) || loop.has(index)
      ? []
      : [errorFault("no event can reach it", `Put it behind a step: { after: "…" }`, name)]
  );
  if (lost.length > 0 || loop.size > 0 || nodes.length === 0 || links.starts.length > 0) return lost;
  return [errorFault(
    "no step takes the events that are sent in: each one is an error handler or stands behind one",
    `Add a step that is none: graph.to("name", (body) => body)`,
  )];
}

function checkBorder(from: StepNode, to: StepNode): Fault[] {
  const [here, there] = [from.options.function, to.options.function];
  if (from.definition.isBorder === true) {
    const needs = from.own.path !== undefined && there === undefined && to.definition.isBorder !== true;
    return needs
      ? [errorFault(
        `it stands behind queue "${from.name}", which leaves the function, and says no function to run in`,
        `Say which: { function: "…" }, or take the path away from the queue`,
        to.name,
      )]
      : [];
  }
  if (here === there || to.definition.isBorder === true) return [];
  return [errorFault(
    `it runs in function "${there ?? "(the parent)"}" and "${from.name}" before it in "${
      here ?? "(the parent)"
    }", with no queue between`,
    `Put a queue between them: .to("q", queue({ path: "…" }))`,
    to.name,
  )];
}
