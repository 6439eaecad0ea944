/** Batching for any model whose requests are rows: their rows are joined, and its answers, one a row, are split again. */

import type { Context } from "../../graph/context.ts";
import { isObject } from "../../protocol/request_body.ts";
import { Batcher, type BatchingOptions, UnsplitError } from "./batcher.ts";

/** A model whose requests are joined. */
export interface BatchedModel {
  readonly key: string;
  readonly args: { readonly [parameter: string]: unknown };
  readonly context: Context;
  predict(request: never, context: Context): unknown;
  batchKey?(request: never): string | number;
  batchCost?(request: never): number;
}

type Rows = Readonly<Record<string, unknown>> & { readonly inputs: readonly unknown[] };

const batchers = new WeakMap<BatchedModel, Batcher<unknown, unknown>>();

/**
 * Looks at a model's argument `batching`, where it has one, before the first request does.
 *
 * @throws {RangeError} If a limit is none.
 * @throws {TypeError} If it is no object.
 */
export function checkBatching(model: BatchedModel): void {
  const { batching } = model.args;
  if (batching === undefined) return;
  if (!isObject(batching)) throw new TypeError("its batching is no object with maxRows and maxDelayMs");
  batchers.set(model, batcherOf(model));
}

/** Asks a model whose argument `batching` says how requests are joined; a request that has no list of `inputs` runs alone. */
export function predictInBatch(model: BatchedModel, request: unknown, { signal }: Context): Promise<unknown> {
  const known = batchers.get(model) ?? batcherOf(model);
  batchers.set(model, known);
  return known.ask(request, signal);
}

function batcherOf(model: BatchedModel): Batcher<unknown, unknown> {
  const { context } = model;
  let isOff = false;
  const unsplit = ({ message }: UnsplitError) => {
    if (!isOff) context.log.warn(`Model "${model.key}" is asked without batching from now on: ${message}`);
    isOff = true;
  };
  return new Batcher<unknown, unknown>(
    model.args.batching as BatchingOptions,
    {
      rows: (request) => isRows(request) ? request.inputs.length : 0,
      key: (request) => isRows(request) && !isOff ? keyOf(request) : undefined,
      ...(model.batchKey === undefined ? {} : { ownKey: (request) => model.batchKey!(request as never) }),
      ...(model.batchCost === undefined ? {} : { cost: (request) => model.batchCost!(request as never) }),
      async run(requests, signal) {
        const within = Object.create(context, { signal: { value: signal } }) as Context;
        if (requests.length === 1) {
          const outputs = await model.predict(requests[0] as never, within);
          const unlike = isRows(requests[0]) ? unlikeRows(outputs, requests[0].inputs.length) : undefined;
          if (unlike !== undefined) unsplit(unlike); // what is seen of a request alone holds for those that would be joined
          return [outputs];
        }
        const members = requests as readonly Rows[];
        const inputs = members.flatMap((member) => member.inputs);
        context.metric("batch_rows", inputs.length);
        const { id: _, ...rest } = members[0]!;
        return split(await model.predict({ ...rest, inputs } as never, within), members);
      },
      unsplit,
    },
    context.clock,
  );
}

function isRows(request: unknown): request is Rows {
  return isObject(request) && Array.isArray(request.inputs);
}

/** What else a request says: requests that say the same are joined. */
function keyOf({ id: _id, inputs: _inputs, ...rest }: Rows): string | undefined {
  try {
    return JSON.stringify(rest);
  } catch {
    return undefined; // bigints, cycles: it runs alone
  }
}

function split(outputs: unknown, members: readonly Rows[]): unknown[] {
  const rows = members.reduce((sum, { inputs }) => sum + inputs.length, 0);
  const unlike = unlikeRows(outputs, rows);
  if (unlike !== undefined) throw unlike;
  let at = 0;
  return members.map(({ inputs }) => (outputs as Listed).slice(at, at += inputs.length));
}

/** What is wrong where answers are not one a row. */
function unlikeRows(outputs: unknown, rows: number): UnsplitError | undefined {
  if (isListed(outputs) && outputs.length === rows) return undefined;
  const state = isListed(outputs) ? `${outputs.length} answers` : `a ${typeof outputs}`;
  return new UnsplitError(`it gave ${state} for ${rows} rows`);
}

/** A list, or a typed array, which is one of numbers. */
type Listed = unknown[] | Float64Array;

function isListed(outputs: unknown): outputs is Listed {
  return Array.isArray(outputs) || (ArrayBuffer.isView(outputs) && !(outputs instanceof DataView));
}
