import type { Fault } from "../errors.ts";
import type { Catch, RouteNode, StepNode } from "./node.ts";

/** A step as it was told, before anything is known of its surroundings; `"$prev"` in `after` is the step told before it. */
export type ToldStep = Omit<StepNode, "routes" | "catches" | "responder" | "cycles">;

/** One thing that was told of a graph: data, which names steps. */
export type Told =
  | { readonly kind: "step"; readonly step: ToldStep }
  | { readonly kind: "route"; readonly of: string; readonly route: RouteNode }
  | { readonly kind: "respond"; readonly of: string }
  | { readonly kind: "after"; readonly of: string; readonly names: readonly string[] }
  | { readonly kind: "cycle"; readonly of: string; readonly names: readonly string[] }
  | { readonly kind: "errorHandler"; readonly of: string | undefined; readonly entry: Catch }
  | { readonly kind: "clear" }
  | { readonly kind: "remove"; readonly names: readonly string[] };

/** What a graph is when everything told of it has been heard. */
export interface Heard {
  readonly nodes: readonly StepNode[];
  /** The graph's own error handlers, first match first. */
  readonly catches: readonly Catch[];
  /** What was told of steps that are not there. */
  readonly faults: readonly Fault[];
}

type Draft = { -readonly [Key in keyof StepNode]: StepNode[Key] };

/** Hears everything that was told of a graph: first the steps, in order, then what was told of them. */
export function replay(told: readonly Told[]): Heard {
  const nodes: Draft[] = [];
  const marks: Told[] = [];
  for (const one of told) {
    if (one.kind === "step") nodes.push(draft(one.step, nodes.at(-1)?.name));
    else if (one.kind === "clear") forget(nodes, marks, () => true);
    else if (one.kind === "remove") forget(nodes, marks, (name) => one.names.includes(name));
    else marks.push(one);
  }
  const faults = marks.flatMap((mark) => "of" in mark && mark.of !== undefined ? apply(mark as Mark, nodes) : []);
  return { nodes, catches: marks.flatMap((mark) => isGraphs(mark) ? mark.entry : []), faults };
}

type Mark = Extract<Told, { of: string | undefined }>;

function isGraphs(mark: Told): mark is Extract<Told, { kind: "errorHandler" }> {
  return mark.kind === "errorHandler" && mark.of === undefined;
}

function draft(step: ToldStep, previous: string | undefined): Draft {
  const after = step.after.flatMap((name) => name === "$prev" ? previous ?? [] : name);
  return { ...step, after, routes: new Map(), catches: [], responder: false, cycles: [] };
}

/** Takes out steps, and what was told of them. */
function forget(nodes: Draft[], marks: Told[], isGone: (name: string) => boolean): void {
  nodes.splice(0, Infinity, ...nodes.filter(({ name }) => !isGone(name)));
  marks.splice(0, Infinity, ...marks.filter((mark) => !("of" in mark) || mark.of === undefined || !isGone(mark.of)));
}

function apply(mark: Mark, nodes: readonly Draft[]): Fault[] {
  const node = nodes.find(({ name }) => name === mark.of);
  if (node === undefined) return [missing(mark, nodes)];
  switch (mark.kind) {
    case "route":
      node.routes.set(mark.route.key, mark.route);
      break;
    case "respond":
      node.responder = true;
      break;
    case "after":
      node.after = [...node.after, ...mark.names];
      break;
    case "cycle":
      node.cycles = [...node.cycles, ...mark.names];
      break;
    case "errorHandler":
      node.catches.push(mark.entry);
  }
  return [];
}

const CALLS: Readonly<Record<Mark["kind"], string>> = {
  route: "addRoute",
  respond: "respond",
  after: "afterStep",
  cycle: "cycleTo",
  errorHandler: "errorHandler",
};

function missing({ kind, of }: Mark, nodes: readonly Draft[]): Fault {
  const names = nodes.map(({ name }) => `"${name}"`).join(", ") || "none";
  return {
    cause: `${CALLS[kind]}() was called on step "${of}", which is not there any more`,
    cure: `Run the cell that adds it, or call it on another step; there are ${names}`,
    severity: "error",
  };
}
