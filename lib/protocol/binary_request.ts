import { ShapeError, StatusError } from "../errors.ts";
import { type Datatype, isDatatype, type TensorData, VALUE_BYTES } from "../tensor/datatype.ts";
import { decodeRaw } from "../tensor/raw_data.ts";
import { countOf } from "../tensor/shape.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";
import { decodeBytes } from "./decode_bytes.ts";
import { isObject } from "./request_body.ts";
import { isTensorRequest } from "./tensor_request.ts";
import { textOrBytes } from "../tensor/text_or_bytes.ts";

/** How a binary request is to be read. */
export interface BinaryRequest {
  /** The header `Inference-Header-Content-Length`: how many bytes are JSON; 0: all bytes are the one input of the model. */
  readonly headerLength: string;
  /** What the model that is asked takes; asked where all bytes are one input. */
  readonly inputs: () => readonly TensorSpec[];
}

/**
 * Reads a request whose tensors are bytes behind its JSON, as the binary tensor extension of the open inference protocol has it. The body
 * is what its JSON is, with a typed array as `data` (a list for BYTES) in the place of `binary_data_size`; a view on the bytes wherever
 * they lie as the datatype needs.
 *
 * @throws {StatusError} 400 if sizes, shapes and bytes do not fit one another, naming the tensor.
 */
export function decodeBinaryRequest(bytes: Uint8Array, { headerLength, inputs }: BinaryRequest): unknown {
  const length = /^[0-9]{1,15}$/.test(headerLength) ? Number(headerLength) : NaN;
  if (!(length <= bytes.length)) {
    const shown = JSON.stringify(headerLength.slice(0, 40));
    throw refusal(`its header Inference-Header-Content-Length is ${shown}, and its body has ${bytes.length} bytes`);
  }
  if (length === 0) return rawRequest(bytes, inputs());
  const body = decodeBytes(bytes.subarray(0, length), "application/json");
  if (!isTensorRequest(body)) {
    if (length === bytes.length) return body;
    throw refusal(`${bytes.length - length} bytes follow its JSON, which has no inputs with name, shape and datatype`);
  }
  let at = length;
  const read = body.inputs.map((input: unknown) => {
    if (!isObject(input) || !isObject(input.parameters) || !Object.hasOwn(input.parameters, "binary_data_size")) {
      return input;
    }
    const start = at;
    at += sizeOf(input, bytes.length - start);
    return withData(input, bytes.subarray(start, at));
  });
  if (at !== bytes.length) throw refusal(`${bytes.length - at} bytes follow that belong to no input`);
  return { ...body, inputs: read };
}

function sizeOf({ name, data, parameters }: Record<string, unknown>, left: number): number {
  const { binary_data_size: size } = parameters as { binary_data_size: unknown };
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw refusal(`"binary_data_size" of input "${name}" is no whole number from 0`);
  }
  if (size > left) throw refusal(`"binary_data_size" of input "${name}" is ${size}, and ${left} bytes are left`);
  if (data !== undefined) throw refusal(`input "${name}" has both data and binary_data_size`);
  return size;
}

function withData(input: Record<string, unknown>, bytes: Uint8Array): Record<string, unknown> {
  const { name, datatype } = input;
  if (typeof name !== "string") throw refusal("an input has no name");
  if (!isDatatype(datatype)) throw refusal(`input "${name}" has a datatype that is none`);
  const { binary_data_size: _, ...parameters } = input.parameters as Record<string, unknown>;
  const data = at400(() => decodeRaw(bytes, { name, datatype, count: countOf(input.shape, name) }));
  const { parameters: __, ...rest } = input;
  return { ...rest, ...(Object.keys(parameters).length === 0 ? {} : { parameters }), data };
}

/** All bytes are one tensor, whose name, datatype and shape the model says; a value of BYTES has no length before it. */
function rawRequest(bytes: Uint8Array, inputs: readonly TensorSpec[]): unknown {
  const [spec] = inputs;
  if (spec === undefined || inputs.length > 1) {
    throw refusal(
      `its bytes are one input, and ${
        spec === undefined ? "what the model takes is not known" : `the model takes ${inputs.length}`
      }`,
    );
  }
  const { name, datatype } = spec;
  if (!isDatatype(datatype)) throw refusal(`input "${name}" of the model has a datatype that is none`);
  const shape = rawShape(spec, { bytes: bytes.length, datatype });
  const data: TensorData = datatype === "BYTES"
    ? [textOrBytes(bytes)]
    : at400(() => decodeRaw(bytes, { name, datatype, count: countOf(shape, name) }));
  return { parameters: { binary_data_output: true }, inputs: [{ name, datatype, shape, data }] };
}

function rawShape({ name, shape }: TensorSpec, { bytes, datatype }: { bytes: number; datatype: Datatype }): number[] {
  if (datatype === "BYTES") return shape.length === 0 ? [1] : shape.map(() => 1);
  const known = shape.filter((size): size is number => typeof size === "number" && size >= 0);
  const count = bytes / VALUE_BYTES[datatype] / known.reduce((product, size) => product * size, 1);
  if (shape.length === 0) return [count];
  if (shape.length - known.length > 1) {
    throw refusal(`its bytes are one input, and more than one size of input "${name}" is free: [${shape}]`);
  }
  if (!Number.isInteger(count)) throw refusal(`its ${bytes} bytes are not ${datatype} of shape [${shape}]`);
  return shape.map((size) => typeof size === "number" && size >= 0 ? size : count);
}

function at400<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError || error instanceof TypeError)) throw error;
    throw new StatusError(400, error.message, { cause: error });
  }
}

function refusal(state: string): StatusError {
  return new StatusError(400, `Cannot read the request: ${state}`);
}
