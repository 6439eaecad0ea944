import { ModelError } from "../../errors.ts";
import type { Context } from "../../graph/context.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkRows,
  joinKey,
  joinTensors,
  rowsDeclared,
  rowsOf,
  splitTensors,
  type TensorBatchRequest,
} from "../batching/batch_tensors.ts";
import { Batcher, type BatchingOptions, UnsplitError } from "../batching/batcher.ts";
import type { OnnxSession } from "./onnx_session.ts";

/** Whose requests are joined. */
export interface BatchingModel {
  readonly key: string;
  readonly context: Context;
  batchKey?(request: TensorBatchRequest): string | number;
  batchCost?(request: TensorBatchRequest): number;
}

type TensorBatcher = Batcher<TensorBatchRequest, readonly Tensor[]>;

/**
 * Joins requests to an ONNX model whose answers can be told apart by what its file says; others run alone.
 *
 * @throws {ModelError} If nothing could ever be joined.
 * @throws {RangeError} If a limit is none.
 */
export function batcherOf(model: BatchingModel, session: OnnxSession, options: BatchingOptions): TensorBatcher {
  const { context, key } = model;
  const inRows = outputsInRows(model, session);
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

/** The outputs that have a row for each row of the inputs; of what the file does not say it, a rule of the model's own is believed. */
function outputsInRows({ key, context, batchKey }: BatchingModel, session: OnnxSession): ReadonlySet<string> {
  const fixed = session.inputs.find(({ shape }) => shape[0] !== -1);
  if (fixed !== undefined) throw nothingToJoin(`the first size of input "${fixed.name}" [${fixed.shape}] is not free`);
  const declared = rowsDeclared(session);
  const joined = session.outputs.filter(({ name }) =>
    declared.get(name) === "yes" || (declared.get(name) === "unknown" && batchKey !== undefined)
  );
  const alone = session.outputs.filter((output) => !joined.includes(output));
  if (alone.length === 0) return new Set(joined.map(({ name }) => name));
  const shown = alone.map(({ name, shape }) => `"${name}" [${shape}]`).join(", ");
  const state = `its file does not say that ${shown} has a row for each row of the inputs`;
  if (joined.length === 0) throw nothingToJoin(state);
  context.log.warn(
    `Model "${key}": requests for ${alone.map(({ name }) => `"${name}"`).join(", ")} run alone: ${state}`,
  );
  return new Set(joined.map(({ name }) => name));
}

function nothingToJoin(state: string): ModelError {
  return new ModelError(`its batching could join nothing: ${state}. Leave batching out`);
}
