import { notJson } from "./json.ts";
import type { Code, StepDefinition, StepSpec } from "./operator.ts";
import { copyOfData } from "./secret_data.ts";
import type { StepOptions } from "./step.ts";

/** A class of errors, as `only` takes them. */
export type ErrorClass = abstract new (...args: never) => Error;

/** Which step takes failures, and of which classes; all of them when `only` is left out. */
export interface Catch {
  readonly handler: string;
  readonly only?: readonly ErrorClass[];
}

/** One route of a step, as the builder keeps it. */
export interface RouteNode {
  readonly key: string;
  readonly model: Code;
  readonly args: Readonly<Record<string, unknown>>;
  readonly function: string | undefined;
}

/** One step of a graph, as the builder keeps it: links are names, so that a step may be named before it is added. */
export interface StepNode {
  readonly name: string;
  readonly definition: StepDefinition;
  /** The kind's own options, as data. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly code: Readonly<Record<string, Code>>;
  /** The arguments of its class. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: StepOptions;
  readonly after: readonly string[];
  /** The steps that it was put before, and whether it takes over everything that led to them. */
  readonly before: readonly string[];
  readonly takesOver: boolean;
  readonly routes: Map<string, RouteNode>;
  readonly catches: Catch[];
  readonly responder: boolean;
  /** The earlier steps that its results go back to. */
  readonly cycles: readonly string[];
  /** Where it was written: file, line and column; in a notebook the cell. */
  readonly place: string;
}

/** A step's parts without its links. Arguments are copies: a class may write into what it is given, and the next run begins anew. */
export function specOf(node: StepNode): StepSpec {
  return {
    name: node.name,
    options: node.own,
    code: node.code,
    args: copyArgs(node.args),
    routes: [...node.routes.values()].map(({ key, model, args }) => ({ key, model, args: copyArgs(args) })),
  };
}

/** Data is copied; code, and what is no JSON and so a fault, stays. */
function copyArgs(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      typeof value === "function" || notJson(value, key) !== undefined ? value : copyOfData(value),
    ]),
  );
}
