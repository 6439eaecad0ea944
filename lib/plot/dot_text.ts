import { escapeText, oneLine } from "../draw/escape.ts";
import type { RouteView, SourceView, StepView } from "./view.ts";
import { roomFor, wrapName } from "./wrap.ts";

/** What a box says: its lines, how many of them are its name (the rest is drawn smaller), and all of it as a tooltip. */
export interface BoxText {
  readonly lines: readonly string[];
  readonly nameLines: number;
  readonly tooltip: string;
}

/** What a step's box says: its name, what it is made of, and whether it answers. */
export function stepText(step: StepView): BoxText {
  const { kind, detail, function: fn, responder, handler, takes, comment, note } = step;
  const name = nameLinesOf(step.name);
  const made = detail === undefined || detail === kind ? oneLine(kind) : `${oneLine(kind)} ${oneLine(detail)}`;
  return {
    lines: [
      ...name,
      ...(detail === undefined || detail === step.name ? [] : wrapName(oneLine(detail))),
      ...(takes === undefined ? [] : [errorsText(takes)]),
      ...(note?.lines.map(oneLine) ?? []),
      ...(responder ? ["↵ reply"] : []),
    ],
    nameLines: name.length,
    tooltip: [
      oneLine(step.name),
      made,
      ...(fn === undefined ? [] : [`runs in ${oneLine(fn)}`]),
      ...(responder ? ["answers the caller"] : []),
      ...(takes !== undefined ? [`takes ${errorsText(takes)}`] : handler ? ["takes errors"] : []),
      ...(comment === undefined ? [] : comment.split(/\r\n?|\n/).map(oneLine)),
    ].join("\n"),
  };
}

/** Which errors the graph's own handler takes. */
export function errorsText(takes: "all" | "rest"): string {
  return takes === "all" ? "errors of every step" : "all other errors";
}

/** What a route's box says. */
export function routeText({ name: key, detail, note }: RouteView): BoxText {
  const name = nameLinesOf(key);
  const made = detail === undefined ? [] : [oneLine(detail)];
  return {
    lines: [...name, ...made.flatMap(wrapName), ...(note?.lines.map(oneLine) ?? [])],
    nameLines: name.length,
    tooltip: [oneLine(key), "route", ...made].join("\n"),
  };
}

/** What a trigger's box says. */
export function sourceText({ name: key, kind, detail, note }: SourceView): BoxText {
  const name = nameLinesOf(key);
  return {
    lines: [...name, ...wrapName(oneLine(detail)), ...(note?.lines.map(oneLine) ?? [])],
    nameLines: name.length,
    tooltip: [oneLine(key), kind, oneLine(detail)].join("\n"),
  };
}

/** Text in Graphviz's quotes, where it reads backslashes and entities. */
export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll("&", "&amp;").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** A tooltip in Graphviz's quotes, which Graphviz reads twice: once more when it looks for the name of the node in it. */
export function quoteTooltip(text: string): string {
  return quote(text.replaceAll("\\", "\\\\"));
}

/** The label of a node, whose lines stand in its middle. */
export function quoteMiddle(lines: readonly string[]): string {
  return quote(lines.map((line) => `${roomFor(line, 2)}${line}${roomFor(line, 2)}`).join("\n"));
}

/** The label of a cluster, whose lines start at its left. */
export function quoteLeft(lines: readonly string[]): string {
  return `"${lines.map((line) => `${quote(line + roomFor(line, 1)).slice(1, -1)}\\l`).join("")}"`;
}

/** The label of a cluster in bold letters, as HTML: Graphviz measures all other labels as if they were thin. */
export function boldLeft(lines: readonly string[]): string {
  return `<${lines.map((line) => `<B>${escapeText(line)}${roomFor(line, 1)}</B><BR ALIGN="LEFT"/>`).join("")}>`;
}

/** A name in Graphviz's quotes, where it does not read backslashes. */
export function quoteId(id: string): string {
  return `"${id.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The lines of a name in its box. */
export function nameLinesOf(name: string): string[] {
  const line = oneLine(name).trim();
  return line === "" ? ["(no name)"] : wrapName(line);
}
