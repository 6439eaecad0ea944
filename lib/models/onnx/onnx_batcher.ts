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
import type { WarmUp } from "../warm_up.ts";
import { type Probed, probeRows } from "./onnx_probe.ts";
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
  /** Rows that the model takes, of which it is seen whether they have the same answers alone and together. Default: made-up ones. */
  readonly warmUp: WarmUp | undefined;
}

/**
 * Joins requests to an ONNX model for outputs that have a row for each row of the inputs, and the same alone and beside others: by what it
 * answers to rows alone, and to 2 and 3 of them together. Others run alone.
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

/**
 * The outputs that have a row for each row of the inputs, which is its own whoever stands beside it; a rule of the model's own vouches for
 * what its file does not say.
 */
async function outputsInRows(
  { key, context, batchKey }: BatchingModel,
  session: OnnxSession,
  warmUp: WarmUp | undefined,
): Promise<ReadonlySet<string>> {
  const fixed = session.inputs.find(({ shape }) => shape[0] !== -1);
  if (fixed !== undefined) throw nothingToJoin(`the first size of input "${fixed.name}" [${fixed.shape}] is not free`);
  const declared = rowsDeclared(session);
  const asked = session.outputs.map(({ name }) => name).filter((name) => declared.get(name) !== "no");
  const { refused, unseen, failure }: Probed = batchKey === undefined
    ? await probeRows(session, asked, warmUp)
    : { refused: new Map() };
  const joined = new Set(
    asked.filter((name) => !refused.has(name) && (failure === undefined || declared.get(name) === "yes")),
  );
  if (joined.size > 0 && (unseen ?? failure) !== undefined) {
    context.log.info(
      `Model "${key}": whether rows have the same answers alone and together could not be seen: ${
        unseen ?? failure
      }. ` +
        "Say in warmUp two rows that it takes",
    );
  }
  const alone = session.outputs.filter(({ name }) => !joined.has(name));
  if (alone.length === 0) return joined;
  const why = failure === undefined ? "" : ` (asked to see, it fails: ${failure}; say in warmUp which rows it takes)`;
  const state =
    alone.map(({ name, shape }) =>
      `"${name}" [${shape}] ${refused.get(name) ?? "has no row for each row of the inputs"}`
    ).join(", ") + why;
  if (joined.size === 0) throw nothingToJoin(state);
  context.log.warn(
    `Model "${key}": requests for ${alone.map(({ name }) => `"${name}"`).join(", ")} run alone: ${state}`,
  );
  return joined;
}

function nothingToJoin(state: string): ModelError {
  return new ModelError(
    `its batching could join nothing: ${state}. Leave batching out, or vouch for it in a class with batchKey()`,
  );
}
