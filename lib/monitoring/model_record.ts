import { describeThrown } from "../errors.ts";
import type { ModelCall } from "../graph/monitor.ts";
import { encodeTimestamp } from "../protocol/reply.ts";
import { isObject } from "../protocol/request_body.ts";
import { decodeTensorRequest, isTensorRequest } from "../protocol/tensor_request.ts";
import { redactText } from "../redact_text.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Rows, rowsIn } from "./rows.ts";

/** One record of model monitoring, with MLRun's names. */
export interface ModelRecord {
  /** The name of the model's class. */
  readonly class: string;
  /** Which of a server's workers it was, from 0. */
  readonly worker: number;
  /** The model's key. */
  readonly model: string;
  /** The machine. */
  readonly host: string;
  /** The function that serves the model. */
  readonly function_uri: string;
  /** What monitoring calls the model: its `modelEndpointUid`, else function and key. */
  readonly endpoint_id: string;
  /** Of 100 rows, how many are kept. */
  readonly sampling_percentage: number;
  /** What else is known of the model. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The chosen rows, as lists, or as objects where the tensors have names. */
  readonly request: { readonly id: string; readonly inputs?: readonly unknown[] };
  /** The operation. */
  readonly op: string;
  /** What was answered: the chosen rows of `outputs`, and what else the reply says; absent where the model failed. */
  readonly resp?: Readonly<Record<string, unknown>>;
  /** When it began, `2026-01-31 09:30:00.125000+00:00`. */
  readonly when: string;
  /** How long it took, in microseconds: all of it, where MLRun tells what is left beyond whole seconds. */
  readonly microsec: number;
  /** What the model measured last, by name. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** How many rows were chosen; absent where the model failed. */
  readonly effective_sample_count?: number;
  /** What the model failed with, without secrets. */
  readonly error?: string;
  /** Why rows are not there: what is too large for a record. */
  readonly left_out?: string;
}

/** What is the same for every record of a function. */
export interface RecordPlace {
  readonly functionName: string;
  readonly host: string;
  readonly worker: number;
  readonly samplingPercentage: number;
  readonly random: () => number;
}

/** Values in a record's rows; more of them, a picture or a long text in numbers, would cost the request and fill the file. */
const MOST_VALUES = 10_000;

/** Makes the record of a call; undefined where none of its rows is chosen. */
export function modelRecord(call: ModelCall, place: RecordPlace): ModelRecord | undefined {
  const isFailure = "error" in call;
  const given = inputsOf(call.inputs);
  const rows = rowsIn(given);
  const chosen = isFailure ? all(rows?.count ?? 0) : choose(rows?.count, place);
  if (chosen.length === 0 && !isFailure) return undefined;
  const kept = keptOf(call, { given, rows, chosen });
  return {
    class: call.className,
    worker: place.worker,
    model: call.model,
    host: place.host,
    function_uri: uriOf(call, place),
    endpoint_id: call.endpointId ?? `${uriOf(call, place)}/${call.model}`,
    sampling_percentage: place.samplingPercentage,
    ...(call.labels === undefined ? {} : { labels: call.labels }),
    request: { id: call.id, ...(kept === undefined ? {} : { inputs: kept.inputs }) },
    op: call.operation,
    ...(kept?.resp === undefined ? {} : { resp: kept.resp }),
    when: encodeTimestamp(call.startedAt),
    microsec: Math.round(call.tookMs * 1_000),
    ...(call.metrics === undefined ? {} : { metrics: call.metrics }),
    ...(isFailure
      ? { error: redactText(describeThrown(call.error).message) }
      : { effective_sample_count: chosen.length }),
    ...(kept === undefined
      ? { left_out: call.leftOut ?? `inputs and outputs with more than ${MOST_VALUES} values` }
      : {}),
  };
}

/** Rows or tensors of what a model was given: itself, or what it has under `inputs`, also as the open protocol's JSON. */
function inputsOf(given: unknown): unknown {
  if (isTensorRequest(given) && !(given.inputs[0] instanceof Tensor)) return decodeTensorRequest(given).inputs;
  return isObject(given) && "inputs" in given ? given.inputs : given;
}

interface Chosen {
  readonly given: unknown;
  readonly rows: Rows | undefined;
  readonly chosen: readonly number[];
}

/** What is kept of a call's inputs and outputs; undefined where that is too much. */
function keptOf(
  call: ModelCall,
  { given, rows, chosen }: Chosen,
): Pick<ModelRecord, "resp"> & { inputs: unknown[] } | undefined {
  if (call.leftOut !== undefined || chosen.length * (rows?.width ?? 1) > MOST_VALUES) return undefined;
  const inputs = rows?.take(chosen).map((row) => isScalar(row) ? [row] : row) ?? (given === undefined ? [] : [given]);
  const resp = "error" in call ? undefined : replyOf(call.reply, rows?.count, chosen);
  if (!isWithin({ inputs, resp }, MOST_VALUES)) return undefined;
  return { inputs, ...(resp === undefined ? {} : { resp }) };
}

function uriOf(call: ModelCall, { functionName }: RecordPlace): string {
  return call.function === functionName ? functionName : `${functionName}-${call.function}`;
}

/** The places of the chosen rows; of a request that has no rows, one place or none. */
function choose(count = 1, { samplingPercentage, random }: RecordPlace): number[] {
  const chosen: number[] = [];
  for (let place = 0; place < count && chosen.length <= MOST_VALUES; place++) {
    if (samplingPercentage === 100 || random() * 100 < samplingPercentage) chosen.push(place);
  }
  return chosen;
}

/** All places, or enough of them to see that they are too many. */
function all(count: number): number[] {
  return Array.from({ length: Math.min(count, MOST_VALUES + 1) }, (_, place) => place);
}

/** What was answered, with the outputs of the chosen rows; outputs that are not one a row stay whole. */
function replyOf(reply: unknown, count: number | undefined, chosen: readonly number[]): Record<string, unknown> {
  const isReply = isObject(reply) && "outputs" in reply;
  const outputs = isReply ? reply.outputs : reply;
  const rows = rowsIn(outputs);
  const kept = rows === undefined ? outputs : rows.take(rows.count === count ? chosen : all(rows.count));
  if (!isReply) return { outputs: kept };
  return { ...reply, outputs: kept };
}

function isScalar(row: unknown): boolean {
  return typeof row !== "object" || row === null || row instanceof Uint8Array;
}

/** Whether a value has at most so many values in it, however nested; it stops looking beyond. */
function isWithin(value: unknown, most: number): boolean {
  const left: unknown[] = [value];
  let seen = 0;
  while (left.length > 0 && seen++ <= most) {
    const next = left.pop();
    if (typeof next === "string") seen += next.length >> 4; // long text is many values' worth
    else if (ArrayBuffer.isView(next)) seen += next.byteLength >> 2;
    else if (Array.isArray(next)) {
      if (next.length > most) return false;
      left.push(...next);
    } else if (typeof next === "object" && next !== null) left.push(...Object.values(next));
  }
  return seen <= most;
}
