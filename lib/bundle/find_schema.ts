import type { Node } from "oxc-parser";
import { type AnyNode, children } from "../scope/declared_names.ts";
import { freeNames } from "../scope/free_names.ts";
import type { FoundCode, Surroundings } from "./find_code.ts";

/**
 * Finds a schema where the graph of a function begins: `fn.setTopology("flow", { input: z.object(…) })`.
 *
 * @returns Undefined where no cell says it so.
 */
export function findSchema(
  name: string,
  { self, user }: { self: object; user: string },
  { runs, globals }: Surroundings,
): FoundCode | undefined {
  for (const run of runs.toReversed()) {
    for (const { callee, arguments: given } of callsIn(run.program as unknown as AnyNode)) {
      const { object, property } = callee as { object?: AnyNode; property?: AnyNode };
      if (property?.name !== "setTopology" || object?.name === undefined || globals[object.name] !== self) continue;
      const schema = (given as AnyNode[])[1];
      const part = schema?.type === "ObjectExpression"
        ? children(schema, [], ["properties"]).find(({ key }) => (key as AnyNode | undefined)?.name === name)
        : undefined;
      const value = part?.value as AnyNode | undefined;
      if (value === undefined) return undefined;
      const { start, end } = value;
      const root = { user, free: freeNames(value as unknown as Node), place: { run, start, end } };
      return { text: run.source.slice(start, end), roots: [root], library: [] };
    }
  }
  return undefined;
}

function* callsIn(node: AnyNode): Generator<AnyNode> {
  if (node.type === "CallExpression") yield node;
  for (const child of children(node)) yield* callsIn(child);
}
