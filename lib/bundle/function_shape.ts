/** What the text of a function says, however it was transpiled and printed: without types, comments, and names of its own. */
import { createHash } from "node:crypto";
import type { Node } from "oxc-parser";
import { type AnyNode, children } from "../scope/declared_names.ts";
import { boundNames } from "../scope/free_names.ts";
import { parseCell } from "./cell_code.ts";

/** What is known of the code that functions stand in. */
export interface ShapeWish {
  /** The enums in it. */
  readonly enums: ReadonlySet<string>;
  /** Every name in it, where a bundler wrote the function: of others it is told which one they were. */
  readonly names?: ReadonlySet<string>;
}

/** The shape of a function by its text, as V8 gives it; undefined where that is no text of its own. */
export function functionShape(text: string, wish: ShapeWish): string | undefined {
  for (const code of [`(${text})`, `({ ${text} })`]) {
    const program = parseCell(code);
    const [first] = program === undefined ? [] : functionsIn(program as unknown as AnyNode);
    if (first !== undefined) return shapeOf(first, wish);
  }
  return undefined;
}

/** The shapes of all functions and classes that stand in a piece of code, inner ones too. */
export function shapesIn(code: AnyNode | undefined, wish: ShapeWish): string[] {
  return code === undefined ? [] : [...functionsIn(code)].flatMap((node) => shapeOf(node, wish) ?? []);
}

/** Every name in a piece of code. */
export function namesIn(code: AnyNode | undefined): string[] {
  if (code === undefined) return [];
  return [...code.type === "Identifier" ? [code.name!] : [], ...children(code).flatMap(namesIn)];
}

function* functionsIn(node: AnyNode): Generator<AnyNode> {
  if (/^(?:Arrow)?(?:Function|Class)(?:Declaration|Expression)$/.test(node.type)) yield node;
  for (const child of children(node)) yield* functionsIn(child);
}

/** Undefined where members of an enum are used: bundlers write their values. */
function shapeOf(node: AnyNode, { enums, names }: ShapeWish): string | undefined {
  const parts: unknown[] = [];
  const own = node.type.endsWith("Declaration") ? children(node, [], ["id"]).map(({ name }) => name!) : [];
  const bound = boundNames(node as unknown as Node, own);
  const places = new Map<object, Map<string, number>>();
  let count = 0;
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
      if (enums.has(at.name!)) isKnown = false;
      if (at.name !== "this") parts.push(nameOf(at));
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
    if (at.type === "PrivateIdentifier") parts.push(at.name);
    if (at.type === "Literal") parts.push(literalOf(at));
    if (at.type === "TemplateElement") parts.push((at as unknown as { value: { cooked: unknown } }).value.cooked);
    parts.push("(");
    const fixed = computed === true ? undefined : at.type === "MemberExpression" ? at.property : at.key;
    for (const child of children(at, isNamed ? ["id"] : [])) {
      if (child === fixed && child.name !== undefined) parts.push(child.name);
      else visit(child);
    }
    parts.push(")");
  }

  /** Names of its own by their place, as bundlers number those that are taken; others as they were written. */
  function nameOf({ name, start }: AnyNode): unknown {
    const scope = bound.get(start);
    if (scope === undefined) return name === "undefined" ? "void" : unnumbered(name!, names);
    const inScope = places.get(scope) ?? new Map<string, number>();
    places.set(scope, inScope);
    if (!inScope.has(name!)) inScope.set(name!, count++);
    return inScope.get(name!);
  }
}

/** Which of the names a name was, before a bundler wrote a number behind it; a class is `_Name` in itself. */
function unnumbered(name: string, names: ReadonlySet<string> = new Set()): string {
  for (const one of name.startsWith("_") ? [name, name.slice(1)] : [name]) {
    for (let at = one.length; at === one.length || /\d/.test(one[at] ?? ""); at--) {
      if (names.has(one.slice(0, at))) return one.slice(0, at);
    }
  }
  return name;
}

function literalOf(node: AnyNode): string {
  const { value, bigint, regex } = node as unknown as { value: unknown; bigint?: string; regex?: object };
  return regex === undefined ? `${typeof value} ${bigint ?? String(value)}` : JSON.stringify(regex);
}
