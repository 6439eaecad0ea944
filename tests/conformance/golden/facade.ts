/**
 * The public library, typed loosely. A case is data: which step comes behind which is known only at run time, while the library's
 * own types follow a body from step to step. So the runner, and it alone, writes graphs through these interfaces; what they name
 * and the library lacks is found by asking for it, never by a list of versions.
 */

import * as library from "levada";
import { Needs } from "./needs.ts";

/** A step as `to` takes it. */
export type AnyStep = unknown;
/** Options of a step, arguments of its class. */
export type AnyOptions = Readonly<Record<string, unknown>>;

/** A chain of any type. */
export interface AnyChain {
  readonly name: string;
  to(name: string, step: AnyStep, options?: AnyOptions): AnyChain;
  respond(): AnyChain;
  errorHandler(name: string, step?: AnyStep, options?: AnyOptions): AnyChain;
  afterStep(...names: string[]): AnyChain;
  addRoute?(key: string, model: AnyStep, args?: AnyOptions): AnyChain;
}

/** A graph of any type. */
export interface AnyGraph {
  to(name: string, step: AnyStep, options?: AnyOptions): AnyChain;
  addStep(name: string, step: AnyStep, options?: AnyOptions): AnyChain;
  errorHandler(name: string, step?: AnyStep, options?: AnyOptions): AnyGraph;
  after(...steps: AnyChain[]): Pick<AnyChain, "to">;
  setFlow(steps: readonly object[], options?: AnyOptions): AnyGraph;
  step(name: string): AnyChain;
  addRoute?(key: string, model: AnyStep, args?: AnyOptions): AnyGraph;
  plot(options?: AnyOptions): { readonly dot: string };
  toJSON(): object;
}

/** A mock server of any function. */
export interface AnyServer {
  test(path: string, body: unknown, options: AnyOptions & { silent: true }): Promise<Response>;
  sent(queue: string): readonly unknown[];
  tracked(): readonly unknown[];
  waitForCompletion(): Promise<unknown>;
}

/** A running flow. */
export interface AnyFlow {
  ask(body: unknown, options: AnyOptions): Promise<unknown>;
  emit(body: unknown, options: AnyOptions): Promise<void>;
  close(): Promise<unknown>;
}

/** A function of any topology. */
export interface AnyFunction {
  setTopology(topology: string, options?: unknown): AnyGraph;
  addModel(key: string, model: AnyStep, args?: AnyOptions): unknown;
  addChildFunction(name: string): unknown;
  toJSON(): object;
  setParam(name: string, value: unknown): unknown;
  toMockServer(options: AnyOptions): Promise<AnyServer>;
  start(options: AnyOptions): Promise<AnyFlow>;
}

const exported = library as unknown as Readonly<Record<string, unknown>>;

/** Makes a function. */
export function serving(name: string, options: AnyOptions = {}): AnyFunction {
  return library.serving(name, options) as unknown as AnyFunction;
}

/** A failure as an error stream gets it. */
export interface AnyFailure {
  readonly step: string;
  readonly event: { readonly id: string; readonly body: unknown };
  readonly error: { readonly message: string };
}

/** Tells whether a flow hands its failures to an `errorStream`: found by making one fail. */
export async function hasErrorStream(): Promise<boolean> {
  const failures: unknown[] = [];
  const fn = serving("failing");
  fn.setTopology("flow").to("fail", () => {
    throw new Error("to see who is told");
  }).respond();
  const flow = await fn.start({ errorStream: (failure: unknown) => void failures.push(failure) });
  await flow.ask(1, {}).catch(() => undefined);
  await flow.close();
  return failures.length > 0;
}

/** Tells whether the library has what a rule needs: an export, or an `errorStream`. */
export async function hasFeature(name: string): Promise<boolean> {
  return name === "errorStream" ? await hasErrorStream() : hasExport(name);
}

/** Tells whether the library exports a name. */
export function hasExport(name: string): boolean {
  return Object.hasOwn(exported, name);
}

/**
 * A maker of ready steps, `filter`.
 *
 * @throws {Needs} If the library does not export it.
 */
export function maker(name: string): (...given: unknown[]) => AnyStep {
  const made = exported[name];
  if (typeof made !== "function") throw new Needs(name);
  return made as (...given: unknown[]) => AnyStep;
}

/**
 * Calls a method that not every version of the library has.
 *
 * @throws {Needs} If the object has no such method.
 */
export function callMethod(target: object, method: string, ...given: unknown[]): unknown {
  const found: unknown = (target as Record<string, unknown>)[method];
  if (typeof found !== "function") throw new Needs(method);
  return found.apply(target, given);
}
