/** Which names cells themselves use: what is behind these may have been changed by a cell, and not by the steps alone. */
import { type AnyNode, children } from "../scope/declared_names.ts";
import type { Declaration, ParsedRun } from "./cell_code.ts";
import { pathTo } from "./may_change.ts";
import type { Root } from "./slice.ts";

/** Where uses are looked for. */
export interface TouchedWish {
  readonly runs: readonly ParsedRun[];
  /** What leaves: what its own code does when it is declared, it does wherever it is declared. */
  readonly declarations: readonly Declaration[];
  readonly roots: readonly Root[];
  readonly globals: Readonly<Record<string, unknown>>;
  /** What the library exports. */
  readonly library: Readonly<Record<string, unknown>>;
}

/**
 * The names that cells use, each with the first that does, and what stands behind these in turn. Not counted: code of steps, functions that are handed to the graph as
 * steps, and what is only shown: a name as a statement, or one that is handed to the console.
 */
export function touchedNames(wish: TouchedWish): ReadonlyMap<string, ParsedRun> {
  const byName = new Map<string, Declaration[]>();
  for (const { declarations } of wish.runs) {
    for (const declaration of declarations) {
      for (const name of declaration.names) byName.set(name, [...byName.get(name) ?? [], declaration]);
    }
  }
  const touched = new Map<string, ParsedRun>();
  const touch = (name: string, run: ParsedRun) => {
    if (touched.has(name)) return;
    touched.set(name, run);
    for (const { free } of byName.get(name) ?? []) {
      for (const use of free.uses) if (!use.isType) touch(use.name, run);
    }
  };
  const leaving = new Set(wish.declarations);
  for (const run of wish.runs) {
    const declared = run.declarations.filter((one) =>
      !leaving.has(one) && one.kind !== "import" && one.kind !== "type"
    );
    for (const { start, end, free } of [...run.statements, ...declared]) {
      const isDeclared = declared.some((one) => one.free === free);
      for (const use of free.uses) {
        if (use.isType || (isDeclared && use.isLater)) continue;
        if (wish.roots.some(({ place }) => place?.run === run && place.start <= use.start && use.start < place.end)) {
          continue;
        }
        if (HIDDEN.has(use.name)) {
          for (const word of run.source.slice(start, end).match(WORD) ?? []) touch(word, run);
        }
        const path = pathTo(run.program as unknown as AnyNode, use.start, use.name);
        if (!isHarmless(path, run, wish)) touch(use.name, run);
      }
    }
  }
  return touched;
}

/** Names behind which any other may be used. */
const HIDDEN = new Set(["globalThis", "self", "window", "eval", "Function"]);
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu;

function isHarmless(path: readonly AnyNode[], run: ParsedRun, wish: TouchedWish): boolean {
  let index = path.length - 1;
  const [name] = path.slice(-1);
  let value = name?.type === "Identifier" ? wish.globals[name.name!] : undefined;
  if (path.at(-2)?.type === "ExpressionStatement") return true;
  while (index > 0 && path[index - 1]!.type === "MemberExpression" && path[index - 1]!.object === path[index]) {
    index--;
    const { computed, property } = path[index] as unknown as { computed: boolean; property: AnyNode };
    value = computed ? undefined : fieldOf(value, property.name);
  }
  let around = path[index - 1];
  if (around?.type === "CallExpression" && around.callee === path[index]) return false;
  const isShown = index === path.length - 1 && around?.type === "CallExpression" && rootOf(around)?.name === "console";
  if (isShown) return true;
  if (typeof value !== "function") return false;
  while (/^(?:Property|ObjectExpression|ArrayExpression)$/.test(around?.type ?? "")) around = path[--index - 1];
  return around?.type === "CallExpression" && around.callee !== path[index] && isOfLibrary(around, run, wish);
}

function fieldOf(value: unknown, name: string | undefined): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || name === undefined) {
    return undefined;
  }
  for (let at = value; at !== null; at = Object.getPrototypeOf(at)) {
    const field = Object.getOwnPropertyDescriptor(at, name);
    if (field !== undefined) return field.value; // no getter runs
  }
  return undefined;
}

/** Whether what is called belongs to the library: it keeps what it is handed, and calls nothing but for events. */
function isOfLibrary(node: AnyNode, run: ParsedRun, wish: TouchedWish, depth = 0): boolean {
  const root = rootOf(node);
  if (root === undefined || depth > 8) return false;
  const value = wish.globals[root.name!];
  const exported = Object.values(wish.library);
  if (exported.includes(value)) return true;
  const makers = exported.filter((one) => typeof one === "function" && typeof one.prototype === "object");
  if (typeof value === "object" && makers.some((maker) => value instanceof (maker as new () => object))) return true;
  const made = declaratorOf(run.program as unknown as AnyNode, root.name!);
  return made !== undefined && isOfLibrary(made, run, wish, depth + 1);
}

/** The name that a chain of calls and fields begins with. */
function rootOf(node: AnyNode): AnyNode | undefined {
  switch (node.type) {
    case "Identifier":
      return node;
    case "CallExpression":
    case "NewExpression":
      return rootOf(node.callee as AnyNode);
    case "MemberExpression":
      return rootOf(node.object as AnyNode);
    case "AwaitExpression":
      return rootOf(node.argument as AnyNode);
    case "ParenthesizedExpression":
    case "TSNonNullExpression":
    case "TSAsExpression":
    case "ChainExpression":
      return rootOf(node.expression as AnyNode);
    default:
      return undefined;
  }
}

/** What a variable of a block is made of. */
function declaratorOf(node: AnyNode, name: string): AnyNode | undefined {
  if (node.type === "VariableDeclarator" && (node.id as AnyNode).name === name) {
    return node.init as AnyNode ?? undefined;
  }
  for (const child of children(node)) {
    const found = declaratorOf(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
