import type { GraphDocument } from "../graph/document.ts";
import type { GraphView } from "../plot/view.ts";
import type { DescribedUnits } from "./described_units.ts";

/** What a serving function hands over so that it can leave: data, and the values that its data names. */
export interface FunctionCode {
  readonly name: string;
  /** The function as data. */
  readonly document: FunctionDocument;
  /** What is drawn of its graph. */
  readonly view: GraphView;
  readonly units: DescribedUnits;
  /** The functions and classes of the graph, by ref. */
  readonly code: ReadonlyMap<string, unknown>;
  /** The function itself, as cells have it. */
  readonly self: object;
  /** The graph's schemas, `input` and `output`, as far as it has them. */
  readonly schemas: ReadonlyMap<string, unknown>;
  /** The tables that were handed in, as they were: rows, or a table. */
  readonly tables: ReadonlyMap<string, { readonly rows: unknown; readonly options: { readonly key?: string } }>;
}

/** As much of a function's document as is looked at here. */
export interface FunctionDocument {
  readonly name: string;
  readonly graph?: GraphDocument | undefined;
  readonly [part: string]: unknown;
}

/** The step that refers to each ref, the first of several. */
export function stepsOfRefs({ graph }: FunctionDocument): ReadonlyMap<string, string> {
  const steps = new Map<string, string>();
  for (const { name, code = {}, argsCode = {}, routes = [], onError = [] } of graph?.steps ?? []) {
    const refs = [
      ...Object.values(code),
      ...Object.values(argsCode),
      ...routes.flatMap((route) => [route.ref, ...Object.values(route.argsCode ?? {})]),
      ...onError.flatMap(({ only }) => only ?? []),
    ];
    for (const ref of refs) if (!steps.has(ref)) steps.set(ref, name);
  }
  return steps;
}
