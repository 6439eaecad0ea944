import { describeThrown, ModelError } from "../../errors.ts";
import type { Context } from "../../graph/context.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkRows,
  type HasRows,
  joinKey,
  joinTensors,
  rowsDeclared,
  rowsOf,
  splitTensors,
  type TensorBatchRequest,
} from "../batching/batch_tensors.ts";
import { Batcher, type BatchingOptions, UnsplitError } from "../batching/batcher.ts";
import { type WarmUp, warmUpTensors } from "../warm_up.ts";
import type { OnnxSession } from "./onnx_session.ts";

/** Whose requests are joined. */
export interface BatchingModel {
  readonly key: string;
  readonly context: Context;
  batchKey?(request: TensorBatchRequest): string | number;
  batchCost?(request: TensorBatchRequest): number;
}

type TensorBatcher = Batcher<TensorBatchRequest, readonly Tensor[]>;

/** How requests are joined. */
export interface OnnxBatching {
  readonly options: BatchingOptions;
  /** What the model is asked, where its file does not say which outputs have rows. Default: zeros. */
  readonly warmUp: WarmUp | undefined;
}

/**
 * Joins requests to an ONNX model for outputs that have a row for each row of the inputs: by what its file says, else by what it answers
 * to 2 and 3 rows. Others run alone.
 *
 * @throws {ModelError} If nothing could ever be joined.
 * @throws {RangeError} If a limit is none.
 */
export async function batcherOf(
  model: BatchingModel,
  session: OnnxSession,
  { options, warmUp }: OnnxBatching,
): Promise<TensorBatcher> {
  const { context, key } = model;
  const inRows = await outputsInRows(model, session, warmUp);
  let isOff = false;
  const unsplit = ({ message }: UnsplitError) => {
    if (!isOff) context.log.warn(`Model "${key}" runs without batching from now on: ${message}`);
    isOff = true;
  };
  return new Batcher<TensorBatchRequest, readonly Tensor[]>(options, {
    rows: (request) => rowsOf(request, inRows) ?? 0,
    key: (request) => isOff || rowsOf(request, inRows) === undefined ? undefined : joinKey(request),
    ...(model.batchKey === undefined ? {} : { ownKey: (request) => model.batchKey!(request) }),
    ...(model.batchCost === undefined ? {} : { cost: (request) => model.batchCost!(request) }),
    async run(requests) {
      const { inputs, outputs } = requests.length === 1 ? requests[0]! : joinTensors(requests);
      const given = await session.runTensors(inputs, outputs);
      if (requests.length === 1) {
        if (!isOff && rowsOf(requests[0]!, inRows) !== undefined) noteRows(given, inputs[0]!.shape[0]!);
        return [given];
      }
      context.metric("batch_rows", inputs[0]!.shape[0]!);
      return splitTensors(given, requests.map((request) => request.inputs[0]!.shape[0]!));
    },
    unsplit,
  }, context.clock);

  /** What is seen of a request alone holds for those that would be joined. */
  function noteRows(given: readonly Tensor[], rows: number): void {
    try {
      checkRows(given, rows);
    } catch (error) {
      if (!(error instanceof UnsplitError)) throw error;
      unsplit(error);
    }
  }
}

/** The outputs that have a row for each row of the inputs; a rule of the model's own vouches for what its file does not say. */
async function outputsInRows(
  { key, context, batchKey }: BatchingModel,
  session: OnnxSession,
  warmUp: WarmUp | undefined,
): Promise<ReadonlySet<string>> {
  const fixed = session.inputs.find(({ shape }) => shape[0] !== -1);
  if (fixed !== undefined) throw nothingToJoin(`the first size of input "${fixed.name}" [${fixed.shape}] is not free`);
  const declared = rowsDeclared(session);
  const named = (wish: HasRows) =>
    session.outputs.map(({ name }) => name).filter((name) => declared.get(name) === wish);
  const unknown = named("unknown");
  const { inRows: seen, failure } = batchKey !== undefined
    ? { inRows: unknown, failure: undefined }
    : await tryRows(session, unknown, warmUp);
  const joined = new Set([...named("yes"), ...seen]);
  const alone = session.outputs.filter(({ name }) => !joined.has(name));
  if (alone.length === 0) return joined;
  const shown = alone.map(({ name, shape }) => `"${name}" [${shape}]`).join(", ");
  const why = failure === undefined ? "" : ` (asked to see, it fails: ${failure}; say in warmUp which rows it takes)`;
  const state = `${shown} has no row for each row of the inputs${why}`;
  if (joined.size === 0) throw nothingToJoin(state);
  context.log.warn(
    `Model "${key}": requests for ${alone.map(({ name }) => `"${name}"`).join(", ")} run alone: ${state}`,
  );
  return joined;
}

const TRIED = [2, 3]; // times what it is asked: a size that is another one's by accident differs in one of them

/** Which outputs have as many rows as they are asked with. */
async function tryRows(
  session: OnnxSession,
  names: readonly string[],
  warmUp: WarmUp | undefined,
): Promise<{ readonly inRows: readonly string[]; readonly failure: string | undefined }> {
  const wish = warmUp === undefined || warmUp === false ? true : warmUp;
  const inputs = warmUpTensors(wish, session.inputs)!;
  const rows = rowsOf({ inputs, outputs: [] }, new Set()) ?? 0;
  if (names.length === 0 || rows === 0) return { inRows: [], failure: undefined };
  let inRows = names;
  try {
    for (const times of TRIED) {
      const joined = joinTensors(Array(times).fill({ inputs, outputs: names }));
      const given = await session.runTensors(joined.inputs, inRows);
      inRows = inRows.filter((name) =>
        given.some((tensor) => tensor.name === name && tensor.shape[0] === times * rows)
      );
    }
    return { inRows, failure: undefined };
  } catch (error) {
    return { inRows: [], failure: describeThrown(error).message };
  }
}

function nothingToJoin(state: string): ModelError {
  return new ModelError(`its batching could join nothing: ${state}. Leave batching out`);
}
