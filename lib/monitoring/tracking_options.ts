/**
 * What is kept of what models are asked, and how much of it.
 *
 * @example Every row of a request, in a record
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, ModelServer, serving } from "levada";
 *
 * class Twice extends ModelServer {
 *   predict = ({ inputs }: InferRequest) => inputs.map((n) => 2 * Number(n));
 * }
 *
 * const fn = serving("twice").addModel("two", Twice).setTracking("dummy://", { samplingPercentage: 100 });
 * await using server = await fn.toMockServer();
 * await server.test("/v2/models/two/infer", { inputs: [3, 4] });
 * const [record] = server.tracked();
 * deepStrictEqual([record.model, record.op, record.request.inputs, record.resp.outputs], ["two", "infer", [[3], [4]], [6, 8]]);
 * ```
 */
export interface TrackingOptions {
  /** Of 100 rows, how many are kept: above 0, at most 100 (default). Each row is chosen by itself; a request without a chosen row is no record. */
  samplingPercentage?: number;
  /** How many records may wait to be written, for 50 ms or while a write lasts, before further ones are dropped and counted, 1 or more. Default 10,000. */
  bufferRecords?: number;
  /** How large a file becomes before it is put aside as `NAME.1` and a new one begun, 1 KiB or more. Default 100 MiB. */
  maxFileBytes?: number;
  /** How many files are kept besides the one that is written, 0 or more; the oldest goes first. Default 1. */
  keptFiles?: number;
  /** Gives numbers from 0 up to 1, of which each row gets one. Default: `Math.random`. */
  random?: () => number;
}

/** Tracking as it is set: everything said. */
export type TrackingSettings = Readonly<Required<TrackingOptions>> & {
  /** A file, or the URL of a stream. */
  readonly path: string;
};

const MIB = 2 ** 20;
const SMALLEST_FILE_BYTES = 1_024; // room for a record

/**
 * Checks what `setTracking` was given, and fills in what nobody said.
 *
 * @throws {TypeError} If the path is no text.
 * @throws {RangeError} If a number is out of its range.
 */
export function trackingSettings(path: string, options: TrackingOptions = {}): TrackingSettings {
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Cannot track models without a path: say setTracking("records.jsonl") or the URL of a stream`);
  }
  const {
    samplingPercentage = 100,
    bufferRecords = 10_000,
    maxFileBytes = 100 * MIB,
    keptFiles = 1,
    random = Math.random,
  } = options;
  const refuse = (name: string, value: unknown, wish: string) =>
    new RangeError(`Cannot track models in ${path}: ${name} is ${value}, and must be ${wish}`);
  if (!(samplingPercentage > 0 && samplingPercentage <= 100)) {
    throw refuse("samplingPercentage", samplingPercentage, "above 0 and at most 100");
  }
  if (!(Number.isSafeInteger(bufferRecords) && bufferRecords >= 1)) {
    throw refuse("bufferRecords", bufferRecords, "a whole number from 1 up");
  }
  if (!(maxFileBytes >= SMALLEST_FILE_BYTES)) {
    throw refuse("maxFileBytes", maxFileBytes, `${SMALLEST_FILE_BYTES} or more`);
  }
  if (!(Number.isSafeInteger(keptFiles) && keptFiles >= 0)) {
    throw refuse("keptFiles", keptFiles, "a whole number from 0 up");
  }
  return { path, samplingPercentage, bufferRecords, maxFileBytes, keptFiles, random };
}
