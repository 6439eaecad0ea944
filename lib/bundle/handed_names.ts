import { type AnyNode, children } from "../scope/declared_names.ts";
import { parseCell } from "./cell_code.ts";

/** Whose functions change nothing that they are handed. */
const HARMLESS = new Set(["Array", "Boolean", "JSON", "Math", "Number", "String", "console", "structuredClone"]);

/** The names that code hands to functions as they are, so that these may change what they stand for. */
export function handedNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const program = parseCell(text) ?? parseCell(`(${text})`);
  if (program !== undefined) collect(program as unknown as AnyNode, names);
  return names;
}

function collect(node: AnyNode, names: Set<string>): void {
  if (/^(Call|New)Expression$/.test(node.type) && !HARMLESS.has(rootOf(node.callee as AnyNode) ?? "")) {
    for (const { type, name } of children(node, [], ["arguments"])) if (type === "Identifier") names.add(name!);
  }
  for (const child of children(node)) collect(child, names);
}

/** The name that a path begins with: `a` of `a.b.c`. */
function rootOf(node: AnyNode): string | undefined {
  return node.type === "MemberExpression" ? rootOf(node.object as AnyNode) : node.name;
}
