import type { TensorReply } from "../../tensor/tensor_reply.ts";
import { encodeRaw } from "../../tensor/raw_data.ts";
import { isTyped, type TypedDatatype, writeContents } from "./contents.ts";
import { writeParameters } from "./parameters.ts";
import type { Wire } from "./wire.ts";

/** How a reply is written. */
export interface ResponseForm {
  /** Whether the outputs are raw bytes; else they are in typed lists, where each has one. */
  readonly isRaw: boolean;
  readonly wire: Wire;
}

/** Writes a reply as a ModelInferResponse, in pieces: those of raw outputs are views on their data. */
export function encodeInferResponse(reply: TensorReply, { isRaw, wire }: ResponseForm): Uint8Array[] {
  const { model_name, model_version = "", id, parameters, outputs } = reply;
  const writer = new wire.BinaryWriter();
  writer.tag(1, 2).string(model_name);
  if (model_version !== "") writer.tag(2, 2).string(model_version);
  writer.tag(3, 2).string(id);
  writeParameters(writer, 4, parameters);
  const areRaw = isRaw || outputs.some(({ datatype }) => !isTyped(datatype)); // all or none
  for (const { name, datatype, shape, parameters, data } of outputs) {
    writer.tag(5, 2).fork().tag(1, 2).string(name).tag(2, 2).string(datatype);
    if (shape.length > 0) {
      writer.tag(3, 2).fork();
      for (const size of shape) writer.int64(size);
      writer.join();
    }
    writeParameters(writer, 4, parameters);
    if (!areRaw) {
      writer.tag(5, 2).fork();
      writeContents(writer, datatype as TypedDatatype, data);
      writer.join();
    }
    writer.join();
  }
  const pieces = [writer.finish()];
  if (!areRaw) return pieces;
  for (const { data } of outputs) {
    const bytes = encodeRaw(data);
    pieces.push(new wire.BinaryWriter().tag(6, 2).uint32(bytes.length).finish(), bytes);
  }
  return pieces;
}

/** Writes a reply, or what went wrong, as a ModelStreamInferResponse, in pieces. */
export function encodeStreamResponse(
  { error, response = [] }: { readonly error?: string; readonly response?: readonly Uint8Array[] },
  wire: Wire,
): Uint8Array[] {
  const writer = new wire.BinaryWriter();
  if (error !== undefined) writer.tag(1, 2).string(error);
  if (response.length === 0) return [writer.finish()];
  writer.tag(2, 2).uint32(response.reduce((total, { length }) => total + length, 0));
  return [writer.finish(), ...response];
}
