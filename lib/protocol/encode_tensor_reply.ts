/** Replies with tensors on the wire: JSON, or JSON with bytes behind it, as the request asked for each output. */

import { StatusError } from "../errors.ts";
import { decodeData } from "../tensor/datatype.ts";
import { encodeRaw } from "../tensor/raw_data.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { PIECE_VALUES } from "./json_pieces.ts";
import { rawJson } from "../border/raw_json.ts";
import { isObject } from "./request_body.ts";
import type { TensorReply } from "../tensor/tensor_reply.ts";
import type { TensorRequestBody } from "./tensor_request.ts";
import { joinBytes } from "./join_bytes.ts";
import { wholeText } from "../tensor/whole_text.ts";

/** Which outputs are to be bytes: all or none, but for those that are named. */
export interface TensorForm {
  readonly isBinary: boolean;
  readonly outputs: ReadonlyMap<string, boolean>;
}

/** A reply as it is sent. */
export interface EncodedReply {
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** How many of the bytes are JSON, where bytes follow; undefined where all is JSON. */
  readonly headerLength: number | undefined;
}

const NAMED_NOWHERE: ReadonlyMap<string, boolean> = new Map();
const JSON_ONLY: TensorForm = { isBinary: false, outputs: NAMED_NOWHERE };
const ALL_BINARY: TensorForm = { isBinary: true, outputs: NAMED_NOWHERE };

/** What a request asks of the form of its reply. */
export function tensorForm({ parameters, outputs }: TensorRequestBody): TensorForm {
  const isBinary = isObject(parameters) && parameters.binary_data_output === true;
  let named: Map<string, boolean> | undefined;
  if (Array.isArray(outputs)) {
    for (const output of outputs as unknown[]) {
      if (!isObject(output) || typeof output.name !== "string" || !isObject(output.parameters)) continue;
      const { binary_data: wish } = output.parameters;
      if (typeof wish === "boolean") (named ??= new Map()).set(output.name, wish);
    }
  }
  return named === undefined ? (isBinary ? ALL_BINARY : JSON_ONLY) : { isBinary, outputs: named };
}

/**
 * Writes a reply. In JSON, NaN is null; integers of 64 bits are exact.
 *
 * @throws {StatusError} 406 if JSON cannot hold a value: an infinity, bytes that are not text.
 */
export function encodeTensorReply(reply: TensorReply, { isBinary, outputs }: TensorForm = JSON_ONLY): EncodedReply {
  const { model_name, model_version, id, parameters } = reply;
  let binary: Uint8Array[] | undefined;
  const tensors = reply.outputs.map((tensor) => {
    const asBytes = outputs.size === 0 ? isBinary : outputs.get(tensor.name) ?? isBinary;
    if (!asBytes) return jsonTensor(tensor);
    const bytes = encodeRaw(tensor.data);
    (binary ??= []).push(bytes);
    return {
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      parameters: { ...exactly(tensor.parameters), binary_data_size: bytes.length },
    };
  });
  const head = JSON.stringify({ model_name, model_version, id, parameters: exactly(parameters), outputs: tensors });
  if (binary === undefined) return { body: head, headerLength: undefined };
  const bytes = new TextEncoder().encode(head);
  return { body: joinBytes([bytes, ...binary]), headerLength: bytes.length };
}

/**
 * Writes a reply as JSON in pieces that take some milliseconds each, so that others can work between them. Its data may change meanwhile.
 *
 * @throws {StatusError} 406 with a piece, if JSON cannot hold a value.
 */
export function* tensorReplyPieces(reply: TensorReply): Generator<string, void> {
  const { model_name, model_version, id, parameters } = reply;
  const outputs = reply.outputs.map((tensor) => ({ tensor, data: tensor.data.slice() })); // whoever made it may use it again
  const head = JSON.stringify({ model_name, model_version, id, parameters: exactly(parameters) });
  yield `${head.slice(0, -1)},"outputs":[`;
  for (const [index, { tensor, data }] of outputs.entries()) {
    const { name, datatype, shape, parameters } = tensor;
    const about = JSON.stringify({ name, datatype, shape, parameters: exactly(parameters) });
    yield `${index === 0 ? "" : ","}${about.slice(0, -1)},"data":[`;
    for (let start = 0; start < data.length; start += PIECE_VALUES) {
      const values = decodeData(data.slice(start, start + PIECE_VALUES), datatype);
      yield (start === 0 ? "" : ",") + JSON.stringify(exactValues(values, { tensor, start })).slice(1, -1);
    }
    yield "]}";
  }
  yield "]}";
}

/**
 * A tensor as JSON: NaN is null, integers of 64 bits are exact.
 *
 * @throws {StatusError} 406 if JSON cannot hold a value.
 */
export function jsonTensor(tensor: Tensor): object {
  const { name, datatype, shape, parameters } = tensor;
  return { name, datatype, shape, parameters: exactly(parameters), data: jsonValues(tensor) };
}

/** Parameters as JSON holds them: integers beyond 2^53 with all their digits. */
function exactly(parameters: Readonly<Record<string, unknown>> | undefined): object | undefined {
  if (parameters === undefined) return undefined;
  if (!Object.values(parameters).some((value) => typeof value === "bigint")) return parameters;
  return Object.fromEntries(
    Object.entries(parameters).map((
      [name, value],
    ) => [name, typeof value === "bigint" ? rawJson(String(value)) : value]),
  );
}

function jsonValues(tensor: Tensor): unknown[] {
  return exactValues(tensor.values(), { tensor, start: 0 });
}

/** Values of a tensor, from the one at `start` on, made such that JSON has them as they are. */
function exactValues(
  values: unknown[],
  { tensor, start }: { readonly tensor: Tensor; readonly start: number },
): unknown[] {
  switch (tensor.datatype) {
    case "FP16":
    case "BF16":
    case "FP32":
    case "FP64":
      for (let index = 0; index < values.length; index++) {
        if (values[index] === Infinity || values[index] === -Infinity) {
          throw noJson(tensor, start + index, String(values[index]));
        }
      }
      return values;
    case "INT64":
    case "UINT64":
      for (let index = 0; index < values.length; index++) {
        const value = values[index];
        if (typeof value === "bigint") values[index] = rawJson(String(value));
      }
      return values;
    case "BYTES":
      values.forEach((value, index) => {
        if (typeof value !== "string") throw noJson(tensor, start + index, "bytes that are no text");
        wholeText(value, "write a value of BYTES"); // as bytes would be
      });
      return values;
    default:
      return values;
  }
}

function noJson({ name }: Tensor, index: number, what: string): StatusError {
  return new StatusError(
    406,
    `Cannot write output "${name}" as JSON: its value ${index} is ${what}. Ask for it as binary data`,
  );
}
