import type { GraphSource } from "./source.ts";
import { link } from "./link.ts";
import type { RouteNode, StepNode } from "./node.ts";
import type { Code } from "./operator.ts";
import { CLASS_TASK, FUNCTION_TASK } from "./task.ts";
import type { EdgeView, GraphView, StepView } from "../plot/view.ts";

/** What is drawn of a graph. A graph with faults is drawn as far as its names lead somewhere. */
export function viewOf(source: GraphSource): GraphView {
  const { next, handlers } = link(source);
  const flow = next.flatMap((outlets, index): EdgeView[] =>
    outlets.map((to) => {
      const [{ name: from, cycles }, { name }] = [source.nodes[index]!, source.nodes[to]!];
      return { from, to: name, kind: cycles.includes(name) ? "cycle" : "flow" };
    })
  );
  const known = new Set(source.nodes.map(({ name }) => name));
  const errors = source.nodes.flatMap((node): EdgeView[] =>
    node.catches.filter(({ handler }) => known.has(handler)).map(({ handler }) => ({
      from: node.name,
      to: handler,
      kind: "error",
    }))
  );
  const ofGraph = new Set(source.catches.map(({ handler }) => handler));
  const functions = new Set(source.nodes.flatMap(({ options }) => options.function ?? []));
  return {
    name: source.name,
    functions: [...functions],
    steps: source.nodes.map((node, index) => ({
      ...stepView(node, handlers.has(index)),
      ...(ofGraph.has(node.name) ? { takes: errors.length === 0 ? "all" : "rest" } : {}),
    })),
    edges: [...flow, ...errors],
    ...(source.sources === undefined || source.sources.length === 0 ? {} : { sources: source.sources }),
  };
}

function stepView(node: StepNode, handler: boolean): StepView {
  const { name, definition, options, responder, routes } = node;
  const detail = node.definition === FUNCTION_TASK || definition === CLASS_TASK
    ? nameOf(node.code.handler ?? node.code.class, name)
    : definition.kind;
  return {
    name,
    kind: definition.kind,
    shape: options.shape ?? definition.shape,
    responder,
    handler,
    ...(detail === undefined ? {} : { detail }),
    ...(options.function === undefined ? {} : { function: options.function }),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(definition.takesRoutes === true ? { routes: [...routes.values()].map(routeView) } : {}),
  };
}

function routeView({ key, model }: RouteNode): { name: string; detail?: string } {
  const detail = nameOf(model, key);
  return detail === undefined ? { name: key } : { name: key, detail };
}

/** The name of a function or class, where it says more than the step's own. */
function nameOf(code: Code | undefined, step: string): string | undefined {
  return code === undefined || code.name === "" || code.name === step ? undefined : code.name;
}
