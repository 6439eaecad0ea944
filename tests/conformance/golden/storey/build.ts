/** A flow of storey, built on Levada's public library as a user would. */

import { type AnyChain, type AnyFunction, type AnyGraph, maker, serving } from "../facade.ts";
import type { GoldenCase } from "../golden_case.ts";
import { ERRORS } from "../library/python.ts";
import { Needs } from "../needs.ts";
import { isRecord } from "../special.ts";
import { isBranch, readFlow, type Recovery, type StoreyItem, type StoreyStep } from "./flow.ts";
import { makeStep } from "./steps.ts";

/** A flow, built. */
export interface StoreyFlow {
  readonly fn: AnyFunction;
  /** Whether a `Complete` answers whoever emits. */
  readonly answers: boolean;
  /** The field of a body that an event without a key takes its key from. */
  readonly keyField: string | undefined;
}

/**
 * Builds the flow of a case.
 *
 * @throws {Needs} If the case uses what the library or the translator lacks.
 */
export function buildStorey({ graph = {} }: GoldenCase): StoreyFlow {
  const { buffer_size: maxInFlight, key_field: keyField, ...rest } = graph.source ?? {};
  for (const word of Object.keys(rest)) throw new Needs(`${word} of a source`);
  const fn = serving("storey");
  const built = new Builder(fn, fn.setTopology("flow", maxInFlight === undefined ? undefined : { maxInFlight }));
  built.chain(undefined, readFlow(graph.flow ?? []));
  return { fn, answers: built.answer(), keyField: keyField as string | undefined };
}

class Builder {
  readonly #fn: AnyFunction;
  readonly #graph: AnyGraph;
  /** The steps with a `Complete` behind them. */
  readonly #completed: AnyChain[] = [];

  constructor(fn: AnyFunction, graph: AnyGraph) {
    this.#fn = fn;
    this.#graph = graph;
  }

  /** Adds steps, each behind the one before; a side branch starts where it stands. */
  chain(from: AnyChain | undefined, items: readonly StoreyItem[], recoveries: readonly Recovery[] = []): void {
    let end = from;
    let catches = recoveries;
    for (const item of items) {
      if (isBranch(item)) this.chain(end, item, catches);
      else if (item.className === "Recover") catches = [...recoversOf(item), ...catches];
      else end = this.#step(end, item, catches);
    }
  }

  /** Where one step completes, it answers; of several, the answer is the list of what they give. */
  answer(): boolean {
    const [first, ...more] = this.#completed;
    if (first === undefined) return false;
    if (more.length === 0) first.respond();
    else this.#graph.after(first, ...more).to("results", maker("merge")()).respond();
    return true;
  }

  #step(from: AnyChain | undefined, given: StoreyStep, catches: readonly Recovery[]): AnyChain {
    if (given.className === "Complete") {
      const completed = from ?? this.#graph.to(given.name, (body: unknown) => body);
      this.#completed.push(completed);
      return completed;
    }
    const { step, options } = makeStep(given, this.#fn);
    const added = (from ?? this.#graph).to(given.name, step, options);
    for (const { error, step: taker } of [...given.recoveries, ...catches]) {
      const made = makeStep(taker, this.#fn);
      added.errorHandler(taker.name, made.step, {
        ...made.options,
        ...(error === undefined ? {} : { only: [errorClass(error)] }),
      });
    }
    return added;
  }
}

/** `Recover` takes failures of everything behind it. */
function recoversOf({ args }: StoreyStep): Recovery[] {
  const mapping = isRecord(args.exception_to_downstream) ? args.exception_to_downstream : {};
  for (const error of Object.keys(mapping)) throw new Needs(`a Recover of ${error}`);
  return [];
}

function errorClass(name: string): unknown {
  const found = ERRORS[name];
  if (found === undefined) throw new Needs(`a class of errors like ${name}`);
  return found;
}
