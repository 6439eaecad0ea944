/** Which function of a cell one of its script is: types and decorators shift places, and maps tell of statements, not of functions. */
import { type Node, parseSync, type Program } from "oxc-parser";
import { type AnyNode, children } from "../../lib/scope/declared_names.ts";
import { type Position, positionAt } from "./positions.ts";
import type { ReadCell } from "./rewrite.ts";

/** A function or class of a program. */
interface Found {
  /** Where its text begins. */
  readonly start: number;
  /** Where V8 says it is: at its parameters; a class where its constructor has them. */
  readonly place: number;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const CLASSES = new Set(["ClassDeclaration", "ClassExpression"]);

/**
 * Finds the function of a cell that stands at a place of its script, as V8 tells it.
 *
 * @returns Where its text begins in the cell; undefined where the script has functions that nobody wrote, as for decorators.
 */
export function matchFunction(
  { source, program, shift }: ReadCell,
  script: string,
  { line, column }: Position,
): Position | undefined {
  const ran = functionsIn(parseSync("cell.js", script, { lang: "js", sourceType: "module" }).program, script);
  const written = functionsIn(program, source);
  const offset = script.split("\n").slice(0, line).join("\n").length + (line === 0 ? 0 : 1) + column;
  const index = ran.findIndex(({ start, place }) => place === offset || start === offset);
  const found = ran.length === written.length ? written[index] : undefined;
  return found && positionAt(source.slice(shift), found.start - shift);
}

/** The functions and classes of a program, in the order of its text. */
function functionsIn(program: Program, text: string): Found[] {
  const found: Found[] = [];
  visit(program as unknown as AnyNode, (node, isWritten) => {
    if (isWritten) found.push({ start: node.start, place: placeOf(node, text) });
  });
  return found;
}

function visit(node: AnyNode, take: (node: AnyNode, isWritten: boolean) => void, isWritten = true): void {
  const isCode = node.body !== null && node.body !== undefined && node.declare !== true;
  if (isCode && (FUNCTIONS.has(node.type) || CLASSES.has(node.type))) take(node, isWritten);
  const opened = openedEnum(node);
  for (const child of children(node)) {
    const isConstructor = node.type === "MethodDefinition" && node.kind === "constructor" && child === node.value;
    visit(child, take, !isConstructor && child !== opened);
  }
}

/** The function that an enum or a namespace becomes: `(function(E) { … })(E || {})`. */
function openedEnum(node: AnyNode): AnyNode | undefined {
  if (node.type !== "CallExpression") return undefined;
  const [argument] = children(node, [], ["arguments"]);
  const right = argument?.type === "LogicalExpression" ? argument.right as AnyNode : undefined;
  if (right?.type !== "ObjectExpression" && right?.type !== "AssignmentExpression") return undefined;
  const callee = node.callee as AnyNode;
  return callee.type === "ParenthesizedExpression" ? callee.expression as AnyNode : callee;
}

function placeOf(node: AnyNode, text: string): number {
  if (CLASSES.has(node.type)) {
    const members = children(node.body as AnyNode, [], ["body"]);
    const own = members.find(({ type, kind, value }) =>
      type === "MethodDefinition" && kind === "constructor" && (value as AnyNode).body !== null
    );
    return own === undefined ? node.start : (own.value as AnyNode).start;
  }
  if (node.type === "ArrowFunctionExpression") return node.start;
  return text.indexOf("(", (node.id as Node | null)?.end ?? node.start);
}
