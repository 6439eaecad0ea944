import { escapeText } from "../draw/escape.ts";
import type { EdgeView, GraphView, RouteView, StepView } from "./view.ts";
import { wrapName } from "./wrap.ts";

/** How a graph is laid out. */
export interface DotOptions {
  /** From left to right (default) or from top to bottom. */
  readonly rankdir?: "LR" | "TB";
}

const ROOMY = new Set(["hexagon", "octagon", "ellipse", "diamond"]); // shapes that leave room around their text by themselves
const HUES = 5; // how many colours functions take in turn

/** Graphviz source of a graph. Colours are left to CSS classes. */
export function toDot(view: GraphView, { rankdir = "LR" }: DotOptions = {}): string {
  const boxes = view.functions.map((name, index) =>
    cluster(
      `function ${name}`,
      { label: quote(name), class: `function f${index % HUES}` },
      inFunction(view, name, rankdir),
    )
  );
  return [
    `digraph ${quote(view.name)} {`,
    `  graph [rankdir=${rankdir} compound=true bgcolor="transparent" nodesep=0.28 ranksep=0.5 fontname="Helvetica" fontsize=11 pad=0.1]`,
    `  node [shape=box style=rounded fontname="Helvetica" fontsize=12 height=0.42 margin="0.16,0.07"]`,
    `  edge [fontname="Helvetica" fontsize=10 arrowsize=0.7]`,
    ...indent([
      ...inFunction(view, undefined, rankdir),
      ...boxes.flat(),
      ...startLines(view),
      ...view.edges.map((edge) => edgeLine(edge, view)),
    ]),
    "}",
    "",
  ].join("\n");
}

function inFunction(view: GraphView, name: string | undefined, rankdir: string): string[] {
  return view.steps.filter((step) => step.function === name).flatMap((step) =>
    step.routes === undefined ? [stepLine(step)] : routerLines(step, step.routes, rankdir)
  );
}

function stepLine(step: StepView): string {
  const attributes = [
    `label=${label(step.name, step.detail, step.responder)}`,
    step.shape === undefined || step.shape === "box"
      ? ""
      : `shape=${quote(step.shape)} style=""${ROOMY.has(step.shape) ? ` margin="0.06,0.03"` : ""}`,
    step.responder ? "peripheries=2" : "",
    step.comment === undefined ? "" : `tooltip=${quote(step.comment)}`,
    `class=${quote(classes(step))}`,
  ];
  return `${quote(step.name)} [${attributes.filter((attribute) => attribute !== "").join(" ")}]`;
}

function routerLines(step: StepView, routes: readonly RouteView[], rankdir: string): string[] {
  const lines = (rankdir === "LR" ? routes.toReversed() : routes).map(({ name, detail }) =>
    // from the bottom up
    // Graphviz stacks what has no edges from the bottom
    `${quote(`${step.name}/${name}`)} [label=${label(name, detail, false)} class="route"]`
  );
  if (lines.length === 0) lines.push(`${quote(`${step.name}/`)} [label="no routes" class="route none"]`);
  return cluster(step.name, {
    label: label(step.name, step.detail, step.responder),
    class: classes(step),
    ...(step.comment === undefined ? {} : { tooltip: step.comment }),
  }, lines);
}

function cluster(
  name: string,
  { label: text, class: classNames, tooltip }: { label: string; class: string; tooltip?: string },
  lines: readonly string[],
): string[] {
  return [
    `subgraph ${quote(`cluster_${name}`)} {`,
    ...indent([
      `graph [label=${text} class=${quote(classNames)} style=rounded margin=12${
        tooltip === undefined ? "" : ` tooltip=${quote(tooltip)}`
      }]`,
      ...lines,
    ]),
    "}",
  ];
}

function startLines(view: GraphView): string[] {
  const entered = new Set(view.edges.filter(({ kind }) => kind === "flow").map(({ to }) => to));
  const starts = view.steps.filter(({ name, handler }) => !handler && !entered.has(name));
  if (starts.length === 0) return [];
  return [
    `" start" [label="" shape=circle width=0.16 height=0.16 fixedsize=true class="start"]`,
    ...starts.map((step) => edgeLine({ from: " start", to: step.name, kind: "flow" }, view)),
  ];
}

function edgeLine({ from, to, kind }: EdgeView, view: GraphView): string {
  const [tail, head] = [end(from, view), end(to, view)];
  const attributes = [
    tail.cluster === undefined ? "" : `ltail=${quote(`cluster_${tail.cluster}`)}`,
    head.cluster === undefined ? "" : `lhead=${quote(`cluster_${head.cluster}`)}`,
    kind === "error" ? `style=dashed` : "",
    kind === "cycle" ? `constraint=false` : "",
    `class="${kind}"`,
  ];
  return `${quote(tail.node)} -> ${quote(head.node)} [${attributes.filter((attribute) => attribute !== "").join(" ")}]`;
}

/** Where an edge ends: at the step's node, or at the border of a router's box, on the side of its middle route. */
function end(name: string, view: GraphView): { readonly node: string; readonly cluster?: string } {
  const routes = view.steps.find((step) => step.name === name)?.routes;
  if (routes === undefined) return { node: name };
  const middle = routes[Math.floor((routes.length - 1) / 2)];
  return { node: `${name}/${middle?.name ?? ""}`, cluster: name };
}

function classes(step: StepView): string {
  return [
    "step",
    step.kind,
    step.routes === undefined ? "" : "router",
    step.handler ? "handler" : "",
    step.responder ? "responder" : "",
  ].filter((name) => name !== "").join(" ");
}

/** Stands before the lines of a box that are not its name; the picture shows them smaller, and the mark not at all. */
export const DETAIL = "\u2063";

/** The lines of a box: its name, what it is made of, and whether it answers. */
function label(name: string, detail: string | undefined, responder: boolean): string {
  const lines = wrapName(name === "" ? "(no name)" : name);
  if (detail !== undefined) lines.push(...wrapName(detail).map((line) => DETAIL + line));
  if (responder) lines.push(`${DETAIL}↩ reply`);
  return quote(lines.join("\n"));
}

function quote(text: string): string {
  return `"${escapeText(text).replaceAll("\\", "\\\\").replaceAll(/\r?\n|\r/g, "\\n")}"`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
