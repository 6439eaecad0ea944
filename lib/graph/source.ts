import type { FlowLimits } from "./limits.ts";
import type { Catch, StepNode } from "./node.ts";
import type { Schema } from "./schema.ts";

/** What `compile`, the document and the picture read of a graph. */
export interface GraphSource {
  readonly name: string;
  readonly nodes: readonly StepNode[];
  readonly catches: readonly Catch[];
  readonly input: Schema<unknown> | undefined;
  readonly limits: FlowLimits;
}

const SOURCES = new WeakMap<object, GraphSource>();

/** Keeps the source of a graph apart from what users see of it. */
export function keepSource(graph: object, source: GraphSource): void {
  SOURCES.set(graph, source);
}

/**
 * The source of a graph.
 *
 * @throws {TypeError} If the object is no graph.
 */
export function sourceOf(graph: object): GraphSource {
  const source = SOURCES.get(graph);
  if (source === undefined) throw new TypeError("Cannot read a graph: this is none");
  return source;
}
