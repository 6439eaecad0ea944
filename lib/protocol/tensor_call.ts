/** The other side of the open inference protocol: what a client sends to a server, and what it makes of the answer. */

import { StatusError } from "../errors.ts";
import { isDatatype } from "../tensor/datatype.ts";
import { decodeRaw, encodeRaw } from "../tensor/raw_data.ts";
import { countOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { jsonTensor } from "./encode_tensor_reply.ts";
import { parseJson } from "./parse_json.ts";
import { isObject } from "./request_body.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { decodeTensorRequest, type TensorRequest, type TensorRequestBody } from "./tensor_request.ts";
import { joinBytes } from "./join_bytes.ts";

/** A request as it is sent: JSON, and the tensors' bytes behind it. */
export interface EncodedCall {
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many of the bytes are JSON: the header `Inference-Header-Content-Length`. */
  readonly headerLength: number;
}

/**
 * Writes a request as JSON, for a server that does not know the binary tensor extension.
 *
 * @throws {StatusError} 400 if JSON cannot hold a value: an infinity, bytes that are not text.
 */
export function encodeJsonCall({ id, parameters, inputs, outputs }: TensorRequest): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ id, parameters, inputs: inputs.map(jsonInput), outputs }));
}

function jsonInput(tensor: Tensor): object {
  try {
    return jsonTensor(tensor);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const state = error.message.replace(/^Cannot write output "[^]*" as JSON: /, "").replace(
      /\. Ask for it as .*$/,
      "",
    );
    throw new StatusError(
      400,
      `Cannot send input "${tensor.name}" to a server that takes JSON only: ${state}`,
      { cause: error },
    );
  }
}

/** Writes a request with binary tensors, which asks for binary tensors. */
export function encodeTensorCall({ id, parameters, inputs, outputs }: TensorRequest): EncodedCall {
  const parts = inputs.map(({ data }) => encodeRaw(data));
  const head = new TextEncoder().encode(JSON.stringify({
    id,
    parameters: { ...parameters, binary_data_output: true },
    inputs: inputs.map((tensor, index) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      parameters: { ...tensor.parameters, binary_data_size: parts[index]!.length },
    })),
    outputs: outputs?.map(({ name }) => ({ name, parameters: { binary_data: true } })),
  }));
  return { body: joinBytes([head, ...parts]), headerLength: head.length };
}

/**
 * Reads a server's answer, whose outputs may be JSON or bytes behind it.
 *
 * @param headerLength The answer's header `Inference-Header-Content-Length`; null where it has none.
 * @throws {TypeError} If it is no answer of the protocol, or its sizes, shapes and bytes do not fit one another.
 */
export function decodeTensorAnswer(bytes: Uint8Array, headerLength: string | null): TensorReply {
  const length = headerLength === null ? bytes.length : Number(headerLength);
  if (!(Number.isSafeInteger(length) && length >= 0 && length <= bytes.length)) {
    throw wrong(`its header Inference-Header-Content-Length is ${headerLength}, and it has ${bytes.length} bytes`);
  }
  const reply = headOf(bytes.subarray(0, length));
  let at = length;
  const outputs = (reply.outputs as unknown[]).map((output) => {
    const size = isObject(output) && isObject(output.parameters) ? output.parameters.binary_data_size : undefined;
    if (size === undefined) return output;
    if (!Number.isSafeInteger(size) || Number(size) < 0 || at + Number(size) > bytes.length) {
      throw wrong(`binary_data_size ${size} of an output is more than it has`);
    }
    at += Number(size);
    return withData(output as Record<string, unknown>, bytes.subarray(at - Number(size), at));
  });
  if (at !== bytes.length) throw wrong(`${bytes.length - at} bytes belong to no output`);
  const { model_name, model_version, id, parameters } = reply;
  return new TensorReply({
    model_name: String(model_name ?? ""),
    ...(typeof model_version === "string" ? { model_version } : {}),
    id: String(id ?? ""),
    ...(isObject(parameters) ? { parameters } : {}),
    outputs: tensorsOf(outputs),
  });
}

function headOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // as a part of a request, whose wide integers are read exactly, and Python's NaN as null
    const asked = parseJson(`{"inputs":[{"name":"","shape":[],"datatype":"INT64","answer":${text}}]}`);
    const { inputs: [{ answer: reply, ...part }, ...more], ...rest } = asked as { inputs: [{ answer: unknown }] };
    if (more.length > 0 || Object.keys(part).length > 3 || Object.keys(rest).length > 0) {
      throw new SyntaxError("more follows");
    }
    if (isObject(reply) && Array.isArray(reply.outputs)) return reply;
  } catch (error) {
    throw wrong(`it is no JSON (${(error as Error).message})`);
  }
  throw wrong("it has no list of outputs");
}

function withData(output: Record<string, unknown>, bytes: Uint8Array): Record<string, unknown> {
  const { name, datatype, shape } = output;
  if (typeof name !== "string" || !isDatatype(datatype)) throw wrong("an output has no name or no datatype");
  const { binary_data_size: _, ...parameters } = output.parameters as Record<string, unknown>;
  return { ...output, parameters, data: decodeRaw(bytes, { name, datatype, count: countOf(shape, name) }) };
}

/** An answer's outputs are written as a request's inputs are. */
function tensorsOf(outputs: readonly unknown[]): readonly Tensor[] {
  if (outputs.length === 0) return [];
  try {
    return decodeTensorRequest({ inputs: outputs } as unknown as TensorRequestBody).inputs;
  } catch (error) {
    if (error instanceof StatusError) throw wrong(error.message);
    throw error;
  }
}

function wrong(state: string): TypeError {
  return new TypeError(`Cannot read the answer of the model's server: ${state}`);
}
