import { describeThrown, ModelError } from "../errors.ts";
import type { TensorInfo } from "../protocol/reply.ts";
import { isObject } from "../protocol/request_body.ts";
import { decodeTensorRequest, isTensorRequest } from "../protocol/tensor_request.ts";
import { type Datatype, encodeData } from "../tensor/datatype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { tensorsOfRows } from "./onnx/onnx_rows.ts";

/** What a model is asked when it is loaded: zeros as its file says (`true`), rows, or the body of a request in either dialect. */
export type WarmUp = boolean | readonly unknown[] | { readonly inputs: readonly unknown[] };

/**
 * Makes the tensors of a warm-up; undefined where there is none.
 *
 * @param sequences Inputs that are sequences, of which zeros are none.
 * @throws {ModelError} If the wish is none, or its rows or tensors are not what they say.
 */
export function warmUpTensors(
  wish: unknown,
  inputs: readonly TensorInfo[],
  sequences: ReadonlySet<string> = new Set(),
): Tensor[] | undefined {
  if (wish === undefined || wish === false) return undefined;
  if (wish === true) return inputs.filter(({ name }) => !sequences.has(name)).map(zeros);
  const body = Array.isArray(wish) ? { inputs: wish } : wish;
  try {
    if (isTensorRequest(body)) return [...decodeTensorRequest(body).inputs];
    if (isObject(body) && Array.isArray(body.inputs)) return tensorsOfRows(inputs, body.inputs);
  } catch (error) {
    throw new ModelError(`its warmUp cannot be read: ${describeThrown(error).message}`, {
      cause: error,
    });
  }
  throw new ModelError("its warmUp is neither true, nor rows, nor the body of a request: { inputs: [ … ] }");
}

/** Zeros, false or empty text in the shape of an input; a free size is 1. */
function zeros({ name, datatype, shape }: TensorInfo): Tensor {
  const sizes = shape.map((size) => size < 0 ? 1 : size);
  const count = sizes.reduce((product, size) => product * size, 1);
  const zero = datatype === "BOOL" ? false : datatype === "BYTES" ? "" : 0;
  const data = encodeData(datatype as Datatype, Array(count).fill(zero), () => name);
  return new Tensor(name, { datatype: datatype as Datatype, shape: sizes, data });
}
