/** Whether what a function holds may be changed after the function was made: by it, or by others of the scope around it. */
import type { BindingPattern } from "oxc-parser";
import { type AnyNode, bindingNames, children, declareHoisted, declareIn } from "../scope/declared_names.ts";
import type { ParsedRun } from "./cell_code.ts";
import { mayChange } from "./may_change.ts";

/** Asks of a name that a function of a cell has captured with a value. */
export function mayChangeLater(
  node: AnyNode,
  run: ParsedRun,
  { name, value }: { name: string; value: unknown },
): boolean {
  const scope = scopeOf(node, run, name);
  const functions = scope === undefined ? [node] : functionsIn(scope);
  return functions.some((one) => mayChange(one, name, value));
}

/** The names of the scopes around a function, without those of the cell's top level. */
export function namesAround(node: AnyNode, run: ParsedRun): ReadonlySet<string> {
  return new Set(around(node, run).flatMap((scope) => [...namesOf(scope)]));
}

/** The innermost scope around a function that declares a name. */
function scopeOf(node: AnyNode, run: ParsedRun, name: string): AnyNode | undefined {
  return around(node, run).findLast((scope) => namesOf(scope).has(name));
}

/** What stands around a function below the top level, from the outermost on. */
function around(node: AnyNode, run: ParsedRun): AnyNode[] {
  const path: AnyNode[] = [];
  let at = run.program as unknown as AnyNode;
  while (at !== node) {
    const next = children(at).find((child) => child === node || (child.start <= node.start && node.end <= child.end));
    if (next === undefined) return path;
    if (next !== node) path.push(next);
    at = next;
  }
  return path;
}

function namesOf(scope: AnyNode): Set<string> {
  const names = new Set<string>();
  declareIn(scope, names);
  if (/Function/.test(scope.type)) {
    declareHoisted(scope, names);
    for (const each of children(scope, [], ["params"])) bindingNames(each as unknown as BindingPattern, names);
  }
  for (const own of ["this", "arguments"]) names.delete(own);
  return names;
}

/** The outermost functions and classes in a scope: what runs later than the scope itself. */
function functionsIn(scope: AnyNode): AnyNode[] {
  return children(scope).flatMap((child) =>
    /^(?:Arrow)?(?:Function|Class)/.test(child.type) ? [child] : functionsIn(child)
  );
}
