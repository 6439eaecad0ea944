import { oneLine } from "../draw/escape.ts";
import {
  boldLeft,
  nameLinesOf,
  quote,
  quoteId,
  quoteLeft,
  quoteMiddle,
  quoteTooltip,
  routeText,
  sourceText,
  stepText,
} from "./dot_text.ts";
import { type Anchor, type DrawnNode, DrawnNodes, type DrawnRoute } from "./drawn_nodes.ts";
import { marginOf } from "./plot_shapes.ts";
import type { EdgeView, GraphView, SourceView, StepView, ViewNote } from "./view.ts";

/** How a graph is laid out. */
export interface DotOptions {
  /** From left to right (default) or from top to bottom. */
  readonly rankdir?: "LR" | "TB";
}

/** How Graphviz is asked to lay a graph out. */
export interface LayoutOptions extends DotOptions {
  /** Shapes of which Graphviz makes too much are boxes of class `shape_hexagon` and so on, for `drawShapes`. */
  readonly boxed?: boolean;
}

const HUES = 5; // how many colours functions take in turn
/** Shapes that leave room around their text by themselves. */
const ROOMY =
  /^(ellipse|oval|egg|circle|doublecircle|(inv)?triangle|M?diamond|(inv)?trapezium|parallelogram|(inv)?house|pentagon|hexagon|septagon|(double|triple)?octagon|star|polygon|Mcircle)$/;
const BOX = new Set(["box", "rect", "rectangle", "record", "Mrecord", "epsf"]); // the last three would read the label as a layout, or a file

/** How the kinds of edges are drawn; the body's way is the straight one. */
const LINE = { flow: "weight=4", error: "style=dashed", cycle: "style=dotted constraint=false" };

/** Graphviz source of a graph: the same for the same view. Colours are left to CSS classes. */
export function toDot(view: GraphView, { rankdir = "LR", boxed = false }: LayoutOptions = {}): string {
  const nodes = new DrawnNodes(view.steps);
  const functions = new Set([...view.functions, ...view.steps.flatMap((step) => step.function ?? [])]);
  const inside = (name: string | undefined) =>
    nodes.within(name).flatMap((node) => nodeLines(node, { rankdir, boxed }));
  return [
    `digraph ${quoteId(oneLine(view.name))} {`,
    `  graph [rankdir=${rankdir} compound=true bgcolor="transparent" nodesep=0.22 ranksep=${
      rankdir === "LR" ? 0.45 : 0.6
    } pad=0.1]`,
    `  graph [fontname="Helvetica" fontsize=13 labeljust=l]`,
    `  node [shape=box style=rounded fontname="Helvetica" fontsize=13 height=0.42 margin="0.16,0.07"]`,
    `  edge [arrowsize=0.7]`,
    ...indent([
      ...ownLines(view),
      ...(view.steps.length === 0 ? [nodeLine(nodes.newId("none"), [`label="no steps"`, `class="node none"`])] : []),
      ...inside(undefined),
      ...[...functions].flatMap((name, index) =>
        functionLines({ name, index, note: view.functionNotes?.[name] }, inside(name))
      ),
      ...startLines(view, nodes, rankdir),
      ...view.edges.flatMap((edge) => edgeLines(nodes, edge, rankdir)),
    ]),
    "}",
    "",
  ].join("\n");
}

function nodeLines(node: DrawnNode, { rankdir, boxed }: Required<LayoutOptions>): string[] {
  return node.routes === undefined ? [stepLine(node, boxed)] : routerLines(node, node.routes, rankdir);
}

function stepLine({ id, step }: DrawnNode, boxed: boolean): string {
  const { lines, nameLines, tooltip } = stepText(step);
  const { shape = "box" } = step;
  const margin = boxed ? marginOf(shape) : undefined;
  return nodeLine(id, [
    `label=${quoteMiddle(lines)}`,
    margin !== undefined
      ? `style=solid margin="${margin}"`
      : BOX.has(shape) || !/^\w+$/.test(shape)
      ? ""
      : `shape=${shape} style=solid`,
    margin === undefined && ROOMY.test(shape) ? `margin="0.06,0.03"` : "",
    shape === "cds" ? `margin="0.22,0.07"` : "",
    `tooltip=${quoteTooltip(tooltip)}`,
    `class=${quote(classes(step, nameLines, margin !== undefined))}`,
  ]);
}

function routerLines({ id, step }: DrawnNode, routes: readonly (DrawnRoute | Anchor)[], rankdir: string): string[] {
  const { lines, nameLines, tooltip } = stepText(step);
  const isEmpty = step.routes?.length === 0;
  const members = routes.map((route) => "anchor" in route ? anchorLine(route, isEmpty) : routeLine(route));
  return cluster(id, [
    `label=${quoteLeft(lines)}`,
    `tooltip=${quoteTooltip(tooltip)}`,
    `class=${quote(classes(step, nameLines))}`,
  ], rankdir === "LR" ? members.toReversed() : members); // Graphviz piles what has no edges up from below
}

function anchorLine({ id }: Anchor, isEmpty: boolean): string {
  return nodeLine(
    id,
    isEmpty ? [`label="no routes"`, `class="route none"`] : ["shape=point", "width=0", "style=invis"],
  );
}

function routeLine(route: DrawnRoute): string {
  const { lines, nameLines, tooltip } = routeText(route);
  return nodeLine(route.id, [
    `label=${quoteMiddle(lines)}`,
    `tooltip=${quoteTooltip(tooltip)}`,
    `class="route${route.note?.isWrong === true ? " wrong" : ""} name${nameLines}"`,
  ]);
}

function functionLines(
  { name, index, note }: { readonly name: string; readonly index: number; readonly note: ViewNote | undefined },
  lines: readonly string[],
): string[] {
  return cluster(`function ${index}`, [
    `label=${functionLabel(name, note)}`,
    `tooltip=${quoteTooltip(`function ${oneLine(name)}`)}`,
    `class="function f${index % HUES}${note?.isWrong === true ? " wrong" : ""}"`,
  ], lines);
}

/** What is said of the graph's own function now, above all of it: no box is around that. */
function ownLines({ name, functionNotes }: GraphView): string[] {
  const note = functionNotes?.[name];
  if (note === undefined || note.lines.length === 0) return [];
  const isWrong = note.isWrong === true ? " wrong" : "";
  return [`graph [label=${functionLabel(name, note)} labelloc=t class="own${isWrong}"]`];
}

function functionLabel(name: string, note: ViewNote | undefined): string {
  return boldLeft([...nameLinesOf(name), ...note?.lines ?? []].map(oneLine));
}

function startLines({ steps, edges, sources = [] }: GraphView, nodes: DrawnNodes, rankdir: string): string[] {
  const entered = new Set(edges.filter(({ kind }) => kind === "flow").map(({ to }) => to));
  const starts = steps.filter(({ name, handler }) => !handler && !entered.has(name));
  if (starts.length === 0) return [];
  const start = { id: nodes.newId("start") };
  return [
    ...sources.flatMap((source) => sourceLines(source, nodes.newId(`from ${oneLine(source.name)}`), start.id)),
    nodeLine(start.id, [
      `label=""`,
      "shape=circle",
      "width=0.15",
      "height=0.15",
      "fixedsize=true",
      `tooltip="start"`,
      `class="start"`,
    ]),
    ...starts.map((step) =>
      arrow(start.id, nodes.of(step).middle, [
        into(nodes.of(step), rankdir),
        LINE.flow,
        said(step.startNote),
        `class="flow"`,
      ])
    ),
    ...steps.filter(({ takes }) => takes !== undefined).map((step) =>
      arrow(start.id, nodes.of(step).middle, [into(nodes.of(step), rankdir), LINE.error, `class="error"`])
    ),
  ];
}

/** What starts the graph, and its way in. */
function sourceLines(source: SourceView, id: string, start: string): string[] {
  const { lines, nameLines, tooltip } = sourceText(source);
  const isWrong = source.note?.isWrong === true;
  return [
    nodeLine(id, [
      `label=${quoteMiddle(lines)}`,
      source.kind === "stream" ? `shape=cds style=solid margin="0.22,0.07"` : "",
      `tooltip=${quoteTooltip(tooltip)}`,
      `class="source ${source.kind}${source.kind === "stream" ? " queue arrow" : ""}${
        isWrong ? " wrong" : ""
      } name${nameLines}"`,
    ]),
    arrow(id, start, [LINE.flow, `class="flow"`]),
  ];
}

/** The line of an edge; none where an end is no step. */
function edgeLines(nodes: DrawnNodes, { from, to, kind, note }: EdgeView, rankdir: string): string[] {
  const [tail, head] = [nodes.find(from), nodes.find(to)];
  if (tail === undefined || head === undefined) return [];
  return [arrow(tail.middle, head.middle, [
    tail === head ? "" : out(tail),
    tail === head ? "" : into(head, rankdir),
    LINE[kind],
    kind === "cycle" ? around(tail, head, rankdir) : "",
    said(note),
    `class="${kind}"`,
  ])];
}

/** What stands at an edge; with room on both sides, since Graphviz measures it as tight as it is. */
function said(note: string | undefined): string {
  return note === undefined ? "" : `label=${quote(` ${oneLine(note)} `)} fontsize=11`;
}

/** Leads a way back below the steps, or beside them: between two steps it would touch the way there. */
function around(tail: DrawnNode, head: DrawnNode, rankdir: string): string {
  if (tail === head || tail.routes !== undefined || head.routes !== undefined) return "";
  const side = rankdir === "LR" ? "s" : "e";
  return `tailport=${side} headport=${side}`;
}

/** Lets an edge start at the border of a router's box. */
function out({ id, routes }: DrawnNode): string {
  return routes === undefined ? "" : `ltail=${quoteId(`cluster_${id}`)}`;
}

/** Lets an edge end at the border of a router's box, whose name needs room between the ranks. */
function into({ id, routes }: DrawnNode, rankdir: string): string {
  return routes === undefined ? "" : `lhead=${quoteId(`cluster_${id}`)}${rankdir === "LR" ? "" : " minlen=2"}`;
}

function classes(
  { kind, shape, routes, handler, responder, note }: StepView,
  nameLines: number,
  isBoxed = false,
): string {
  return [
    "step",
    ...(isBoxed ? [`shape_${shape}`] : []),
    kind.replaceAll(/[^\w-]/g, "_"),
    ...(routes === undefined ? [] : ["router"]),
    ...(shape === "cds" ? ["arrow"] : []),
    ...(handler ? ["handler"] : []),
    ...(responder ? ["responder"] : []),
    ...(note?.isWrong === true ? ["wrong"] : []),
    `name${nameLines}`,
  ].join(" ");
}

function nodeLine(id: string, attributes: readonly string[]): string {
  return `${quoteId(id)} ${list(attributes)}`;
}

function arrow(from: string, to: string, attributes: readonly string[]): string {
  return `${quoteId(from)} -> ${quoteId(to)} ${list(attributes)}`;
}

function list(attributes: readonly string[]): string {
  return `[${attributes.filter((attribute) => attribute !== "").join(" ")}]`;
}

function cluster(id: string, attributes: readonly string[], lines: readonly string[]): string[] {
  return [
    `subgraph ${quoteId(`cluster_${id}`)} {`,
    ...indent([`graph ${list([...attributes, "style=rounded margin=12"])}`, ...lines]),
    "}",
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
