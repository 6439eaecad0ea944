/** Whether code may change what a name stands for: anything but reading counts, so does handing it on. */
import type { Node } from "oxc-parser";
import { type AnyNode, children } from "../scope/declared_names.ts";
import { freeNames } from "../scope/free_names.ts";

/** Methods of lists, maps, sets and texts that change nothing, and give what holds nothing. */
const TELLING =
  "includes indexOf lastIndexOf join has some every keys toString toLocaleString charAt charCodeAt codePointAt startsWith endsWith test getTime toISOString getFullYear getMonth getDate getDay getHours getMinutes getSeconds valueOf localeCompare split trim toLowerCase toUpperCase padStart padEnd repeat replace replaceAll toFixed match search substring";
/** Those that give what is in them. */
const GIVING =
  "at get find findLast findIndex findLastIndex filter slice map flatMap flat concat reduce reduceRight values entries forEach toSorted toReversed toSpliced with";
const HARMLESS = new Set(["Boolean", "JSON", "Math", "Number", "String", "console", "structuredClone", "isNaN"]);
const LISTING = new Set(["keys", "values", "entries", "hasOwn", "isArray", "from", "of"]);
const telling = new Set(TELLING.split(" "));
const giving = new Set(GIVING.split(" "));
const CALLING = /^(?:some|every|find|findLast|findIndex|findLastIndex|filter|map|flatMap|reduce|reduceRight|forEach)$/;
const SAME = /^(?:TSNonNull|TSAs|TSSatisfies|Parenthesized|Chain|Await|Logical)Expression$/;
const READING =
  /^(?:Binary|Unary|Spread|Template|Expression|If|While|DoWhile|Switch)(?:Expression|Literal|Statement|Element)$/;

/** What is not known to be there. */
const UNKNOWN = Symbol();

/**
 * Whether a piece of code may change the value of a name that it takes from outside; `value` is what that has now, where it is known:
 * texts and numbers are nobody's to change.
 */
export function mayChange(node: AnyNode, name: string, value: unknown = UNKNOWN): boolean {
  const { uses, writes } = freeNames(node as unknown as Node);
  return writes.some((write) => write.name === name) ||
    uses.some((use) => use.name === name && !use.isType && !isRead(pathTo(node, use.start, name), value));
}

/** The nodes around a place, from the outermost to the name that stands there. */
export function pathTo(node: AnyNode, start: number, name: string): AnyNode[] {
  for (const child of children(node)) {
    if (child.start > start || child.end <= start) continue;
    const path = pathTo(child, start, name);
    if (path.length > 0) return [node, ...path];
  }
  return node.start === start && node.name === name ? [node] : [];
}

function isRead(path: readonly AnyNode[], given: unknown): boolean {
  let value = given;
  let receiver: unknown = UNKNOWN;
  let index = path.length - 1;
  for (; index > 0; index--) {
    const at = path[index]!;
    const around = path[index - 1]!;
    if (isTarget(at, around)) return false;
    const isCalled = around.type === "CallExpression" && around.callee === at;
    if (!isCalled && isPlain(value)) return true;
    if (SAME.test(around.type)) continue;
    if (around.type === "ConditionalExpression") {
      if (around.test === at) return true;
    } else if (around.type === "MemberExpression") {
      if (around.object !== at) return true; // `o[name]`
      receiver = value;
      value = partOf(value, around);
    } else if (isCalled) {
      const method = at.type === "MemberExpression" && at.computed !== true ? (at.property as AnyNode).name! : "";
      if (!telling.has(method) && !giving.has(method)) return false;
      const item = partOf(receiver, undefined);
      const isSafe = isPlain(item) || !CALLING.test(method);
      if (!isSafe && !children(around, [], ["arguments"]).every(isHarmless)) return false;
      if (telling.has(method)) return true;
      value = item;
    } else break;
  }
  return readsAt(path.slice(0, index + 1), value);
}

/** Whether something is assigned to, or deleted. */
function isTarget(at: AnyNode, around: AnyNode): boolean {
  return around.type === "UpdateExpression" || (around.type === "UnaryExpression" && around.operator === "delete") ||
    (/^(?:Assignment|For)/.test(around.type) && around.left === at);
}

/** Whether what stands at the end of a path is read by what is around it. */
function readsAt(path: readonly AnyNode[], value: unknown): boolean {
  const at = path.at(-1)!;
  const around = path.at(-2);
  if (around === undefined) return true; // what a function in a method's hands gives back, the method gives
  if (READING.test(around.type)) return true;
  if (around.type === "AssignmentExpression") return /^[-+*\/%]/.test(around.operator as string);
  if (around.type === "ForOfStatement" || around.type === "ForInStatement") {
    if (around.right !== at) return false;
    const [declared] = children(around.left as AnyNode, [], ["declarations"]);
    const variable = declared?.id as AnyNode | undefined;
    return variable !== undefined &&
      (variable.type !== "Identifier" || !mayChange(around.body as AnyNode, variable.name!));
  }
  if (around.type === "VariableDeclarator") {
    const { id } = around as unknown as { id: AnyNode };
    if (id.type !== "Identifier") return true;
    const block = path.findLast(({ type }) => /^(?:BlockStatement|Program|StaticBlock|SwitchCase)$/.test(type));
    const others = block === undefined ? [] : children(block).filter((one) => !path.includes(one));
    return block !== undefined && !others.some((one) => mayChange(one, id.name!, value));
  }
  if (/^(?:Call|New)Expression$/.test(around.type)) return isHarmlessCall(around.callee as AnyNode);
  return false;
}

/** Whether a function changes nothing that it is handed. */
function isHarmlessCall(callee: AnyNode): boolean {
  if (callee.type !== "MemberExpression") return HARMLESS.has(callee.name ?? "");
  const { name = "" } = callee.object as AnyNode;
  return HARMLESS.has(name) ||
    (/^(?:Object|Array)$/.test(name) && LISTING.has((callee.property as AnyNode).name ?? ""));
}

/** Whether a function that a method calls changes no item: one that reads its parameters. */
function isHarmless(argument: AnyNode): boolean {
  if (!/^(?:ArrowFunction|Function)Expression$/.test(argument.type)) {
    return argument.type !== "Identifier" || HARMLESS.has(argument.name!);
  }
  const names = children(argument, [], ["params"]).filter(({ type }) => type === "Identifier");
  return names.every(({ name }) => !mayChange(argument.body as AnyNode, name!));
}

function isPlain(value: unknown): boolean {
  return value !== UNKNOWN && typeof value !== "function" && (typeof value !== "object" || value === null);
}

/** What a path leads on to; where that depends, any of what is there. */
function partOf(value: unknown, member: AnyNode | undefined): unknown {
  if (/^(?:length|size)$/.test((member?.property as AnyNode | undefined)?.name ?? "")) return undefined;
  if (typeof value !== "object" || value === null) return UNKNOWN;
  const name = member?.computed === true ? undefined : (member?.property as AnyNode | undefined)?.name;
  if (name !== undefined) return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : UNKNOWN;
  const all: unknown[] = value instanceof Map
    ? [...value].flat()
    : Array.isArray(value) || value instanceof Set || ArrayBuffer.isView(value)
    ? [...value as Iterable<unknown>]
    : Object.values(value);
  return all.every(isPlain) ? undefined : UNKNOWN;
}
