/** What the text of a function says, however it was transpiled and printed: without types, comments, and names of its own. */
import { createHash } from "node:crypto";
import { type AnyNode, children } from "../scope/declared_names.ts";
import { parseCell } from "./cell_code.ts";

/** The shape of a function by its text, as V8 gives it; undefined where that is no text of its own. */
export function functionShape(text: string, enums: ReadonlySet<string>): string | undefined {
  for (const code of [`(${text})`, `({ ${text} })`]) {
    const program = parseCell(code);
    const [first] = program === undefined ? [] : functionsIn(program as unknown as AnyNode);
    if (first !== undefined) return shapeOf(first, enums);
  }
  return undefined;
}

/** The shapes of all functions and classes that stand in a piece of code, inner ones too. */
export function shapesIn(code: AnyNode | undefined, enums: ReadonlySet<string>): string[] {
  return code === undefined ? [] : [...functionsIn(code)].flatMap((node) => shapeOf(node, enums) ?? []);
}

function* functionsIn(node: AnyNode): Generator<AnyNode> {
  if (/^(?:Arrow)?(?:Function|Class)(?:Declaration|Expression)$/.test(node.type)) yield node;
  for (const child of children(node)) yield* functionsIn(child);
}

/** Undefined where members of an enum are used: bundlers write their values. */
function shapeOf(node: AnyNode, enums: ReadonlySet<string>): string | undefined {
  const parts: unknown[] = [];
  let isKnown = true;
  visit(node, true);
  return isKnown ? createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16) : undefined;

  function visit(at: AnyNode, isTop = false): void {
    if (/^(?:Parenthesized|TS(?:As|Satisfies|NonNull|TypeAssertion|Instantiation))/.test(at.type)) {
      if (at.expression !== undefined) visit(at.expression as AnyNode);
      return;
    }
    if (at.type.startsWith("TS")) return;
    const isNamed = /^(?:Function|Class)(?:Declaration|Expression)$/.test(at.type);
    if (at.type === "Identifier") {
      const name = at.name!.replace(/\d+$/, ""); // bundlers number names that are taken
      if (enums.has(at.name!)) isKnown = false;
      if (name !== "this") parts.push(name === "undefined" ? "void" : name);
      return;
    }
    if (at.type === "UnaryExpression" && at.operator === "void") {
      parts.push("void");
      return;
    }
    const { operator, kind, async, generator, computed, optional } = at as unknown as Record<string, unknown>;
    const isStatic = (at as unknown as { static?: boolean }).static;
    parts.push(isNamed ? at.type.slice(0, 5) : at.type, operator, async, generator, computed, optional, isStatic);
    if (!isTop && kind !== "var" && kind !== "let" && kind !== "const") parts.push(kind);
    if (at.type === "Literal") parts.push(literalOf(at));
    if (at.type === "TemplateElement") parts.push((at as unknown as { value: { cooked: unknown } }).value.cooked);
    parts.push("(");
    for (const child of children(at, isNamed ? ["id"] : [])) visit(child);
    parts.push(")");
  }
}

function literalOf(node: AnyNode): string {
  const { value, bigint, regex } = node as unknown as { value: unknown; bigint?: string; regex?: object };
  return regex === undefined ? `${typeof value} ${bigint ?? String(value)}` : JSON.stringify(regex);
}
