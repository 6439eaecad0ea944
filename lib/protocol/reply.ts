/** What model servers and routers answer, in MLRun's dialect. */

/** One tensor that a model takes or gives. */
export interface TensorInfo {
  /** What the model calls it. */
  readonly name: string;
  /** `FP32`, `INT64`, `BYTES`, as the open inference protocol names them. */
  readonly datatype: string;
  /** -1 where a dimension is free, such as the number of rows. */
  readonly shape: readonly number[];
}

/** What a model is asked: rows. */
export interface InferRequest {
  /** Names the request in the reply; default the event's id. */
  id?: string;
  /** The model, where the path names none. */
  model?: string;
  /** One item a row. */
  inputs: readonly unknown[];
  /** What else the model is told. */
  parameters?: Record<string, unknown>;
}

/** What a model answers. */
export interface InferReply<Outputs = unknown> {
  /** The request's id, else the event's. */
  id: string;
  /** The model's name without its version. */
  model_name: string;
  /** One answer a row, as the model gives it. */
  outputs: Outputs;
  /** When it was answered, `2026-01-31 09:30:00.125000+00:00`. */
  timestamp?: string;
  /** What model monitoring calls the model. */
  model_endpoint_uid?: string;
}

/** What a model says of itself. */
export interface ModelMetadata {
  /** The model's name. */
  name: string;
  /** Its version, where it has one. */
  versions?: readonly string[];
  /** What runs it: `onnxruntime_onnx`; `levada` for a model of one's own. */
  platform?: string;
  /** What model monitoring calls it; empty without monitoring. */
  model_endpoint_uid: string;
  /** What it takes. */
  inputs: readonly TensorInfo[];
  /** What it gives. */
  outputs: readonly TensorInfo[];
}

/** What a router says of itself. */
export interface RouterHealth {
  name: string;
  version: "v2";
  extensions: readonly string[];
}

/** Describes a router that is up. */
export function routerHealth(name: string): RouterHealth {
  return { name, version: "v2", extensions: [] };
}

/** Tells that a model is ready, as plain text. */
export function readyReply(name: string, eventId: string): Response {
  return new Response(`Model ${name} is ready (event_id = ${eventId})`, { headers: { "content-type": "text/plain" } });
}

/**
 * Writes a time as Python prints one in UTC, with six digits behind the seconds.
 *
 * @example The first moment of 2026
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { encodeTimestamp } from "./reply.ts";
 *
 * strictEqual(encodeTimestamp(new Date(Date.UTC(2026, 0, 1))), "2026-01-01 00:00:00.000000+00:00");
 * ```
 */
export function encodeTimestamp(time: Date): string {
  const ms = time.getTime();
  if (ms !== lastMs) {
    lastText = time.toISOString().replace("T", " ").replace("Z", "000+00:00");
    lastMs = ms;
  }
  return lastText;
}

/** The time that was written last: a busy server writes each a dozen times, and writing it is dear. */
let lastMs = NaN;
let lastText = "";
