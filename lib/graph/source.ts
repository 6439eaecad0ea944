import type { Fault } from "../errors.ts";
import type { SourceView } from "../plot/view.ts";
import type { FlowLimits } from "./limits.ts";
import type { Catch, StepNode } from "./node.ts";
import type { Schema } from "./schema.ts";

/** What `compile`, the document and the picture read of a graph. */
export interface GraphSource {
  readonly name: string;
  readonly nodes: readonly StepNode[];
  readonly catches: readonly Catch[];
  readonly input: Schema<unknown> | undefined;
  /** What the responder gives; only told, never checked. */
  readonly output?: Schema<unknown> | undefined;
  readonly limits: FlowLimits;
  /** What starts the function besides its callers, as it is drawn. */
  readonly sources?: readonly SourceView[];
  /** What was told of steps that are not there. */
  readonly faults: readonly Fault[];
}

const SOURCES = new WeakMap<object, () => GraphSource>();

/** Keeps how a graph's source is read apart from what users see of the graph. */
export function keepSource(graph: object, source: () => GraphSource): void {
  SOURCES.set(graph, source);
}

/** Has a graph drawn with what starts its function. */
export function keepTriggers(graph: object, sources: () => readonly SourceView[]): void {
  const source = SOURCES.get(graph);
  if (source !== undefined) SOURCES.set(graph, () => ({ ...source(), sources: sources() }));
}

/**
 * The source of a graph as it is now; later changes of the graph do not reach it.
 *
 * @throws {TypeError} If the object is no graph.
 */
export function sourceOf(graph: object): GraphSource {
  const source = SOURCES.get(graph);
  if (source === undefined) throw new TypeError("Cannot read a graph: this is none");
  return source();
}
