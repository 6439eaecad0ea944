/** A model's own operations: the methods `opXx`, answered at `<model>/xx`. */

import type { FlowEvent } from "../graph/event.ts";
import { matchModelPath } from "../protocol/model_path.ts";

/** Answers an operation; what it returns is the whole reply. */
export type OperationMethod = (event: FlowEvent) => unknown;

const METHOD = /^op[A-Z]/;

/** The method that answers an operation: `my_op`, `my-op` and `myOp` are `opMyOp`. */
export function operationMethod(model: object, operation: string): OperationMethod | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(operation)) return undefined;
  const name = `op${operation.split(/[_-]/).map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")}`;
  const method = (model as Record<string, unknown>)[name];
  return typeof method === "function" ? method as OperationMethod : undefined;
}

/** The operations that a model's classes add to `base`, in the order of their methods. */
// deno-lint-ignore ban-types -- any class
export function customOperations(model: object, base: Function): string[] {
  const names = new Set(Object.keys(model));
  for (let level = Object.getPrototypeOf(model); level !== null && level !== base.prototype;) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name);
    level = Object.getPrototypeOf(level);
  }
  const methods = [...names].filter((name) =>
    METHOD.test(name) && typeof (model as Record<string, unknown>)[name] === "function"
  );
  return methods.map((name) => name.slice(2, 3).toLowerCase() + name.slice(3).replace(/[A-Z]/g, "_$&").toLowerCase());
}

/** What a path asks of a model that is a step: `infer` for `/infer`, and for the model's own address, `/v2/models/<key>/infer`. */
export function stepOperation(path: string, key: string): string {
  const address = path.startsWith("/v2/models/") ? matchModelPath(path) : undefined;
  if (address?.kind === "model") {
    const { name, version, operation } = address;
    if ((version === undefined ? name : `${name}:${version}`) === key) return operation;
  }
  return path.replace(/^\/+|\/+$/g, "");
}
