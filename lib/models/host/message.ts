/** What goes between a program and the place elsewhere that a model runs in: a worker or a process. It must be data. */

import { describeThrown, isA, StatusError } from "../../errors.ts";
import type { ModelFacts } from "../../graph/served_model.ts";
import type { StepSignature } from "../../graph/signature.ts";
import type { ModelMetadata } from "../../protocol/reply.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { notData } from "./data_only.ts";

/** Where a model's class is, and what it is made with. */
export interface ModelHome {
  /** The model's key in its router. */
  readonly key: string;
  /** The URL of the module. */
  readonly module: string;
  /** What the module exports it as. */
  readonly exportName: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly function: string;
  readonly isMock: boolean;
  /** The function's parameters. */
  readonly params: ReadonlyMap<string, unknown>;
  /** After so many milliseconds without an answer, or without its next chunk, a request is given up, and the place ended. */
  readonly timeLimitMs: number;
  /** Parameters that are no data, and what they are. */
  readonly unsent: ReadonlyMap<string, string>;
}

/** An event, as data. */
export interface EventData {
  readonly body: unknown;
  readonly id: string;
  readonly key: string | undefined;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly time: Date;
  readonly trigger: string | undefined;
}

/** A model that takes longer to load, in milliseconds, hangs: files of many gigabytes take minutes. */
export const LOAD_LIMIT_MS = 600_000;

/** What a loaded model says of itself. */
export interface ModelTold {
  readonly facts: ModelFacts;
  readonly signature: Pick<ModelMetadata, "inputs" | "outputs">;
  readonly takesAndGives: StepSignature;
}

/** What was thrown, as data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly status?: number;
  readonly isTransient?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** From the program to the place. A `model` is a number that one place knows it by, an `ask` that of a question. */
export type Order =
  | { readonly kind: "open"; readonly model: number; readonly home: ModelHome }
  | { readonly kind: "drop"; readonly model: number }
  | {
    readonly kind: "ask";
    readonly ask: number;
    readonly model: number;
    readonly operation: string;
    readonly event: EventData;
  }
  | { readonly kind: "abort"; readonly ask: number }
  /** Of an answer in chunks: makes the next one. */
  | { readonly kind: "next"; readonly ask: number }
  /** Of an answer in chunks: nobody wants more. */
  | { readonly kind: "stop"; readonly ask: number }
  | { readonly kind: "close" };

/** From the place to the program. */
export type Report =
  | { readonly kind: "started" }
  | { readonly kind: "opened"; readonly model: number; readonly told: ModelTold }
  | { readonly kind: "refused"; readonly model: number; readonly error: ErrorData }
  | AnswerReport
  | { readonly kind: "closed" }
  | {
    readonly kind: "log";
    readonly model: number;
    readonly level: "debug" | "info" | "warn" | "error";
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>> | undefined;
  }
  | { readonly kind: "metric"; readonly model: number; readonly name: string; readonly value: number }
  | { readonly kind: "pushed"; readonly ask: number | undefined; readonly error: ErrorData };

/** What a place says to a question: one answer; or that it comes in chunks, each when it is asked for, and then the end; or a failure. */
export type AnswerReport =
  | { readonly kind: "answered"; readonly ask: number; readonly answer: Packed }
  | { readonly kind: "streams"; readonly ask: number }
  | { readonly kind: "chunk"; readonly ask: number; readonly answer: Packed }
  | { readonly kind: "ended"; readonly ask: number }
  | { readonly kind: "failed"; readonly ask: number; readonly error: ErrorData };

/** An answer, as data. */
export type Packed =
  | { readonly as: "data"; readonly value: unknown }
  | { readonly as: "tensors"; readonly reply: object }
  | {
    readonly as: "response";
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: Uint8Array;
  };

/**
 * Makes data of an answer, and says what is moved; see `movable`.
 *
 * @throws {TypeError} If it is none.
 */
export async function packed(answer: unknown): Promise<{ readonly answer: Packed; readonly moved: ArrayBuffer[] }> {
  if (answer instanceof TensorReply) {
    const { body, moved } = movable({ ...answer }, "outputs");
    return { answer: { as: "tensors", reply: body as object }, moved };
  }
  if (answer instanceof Response) {
    const { status, headers } = answer;
    return { answer: { as: "response", status, headers: [...headers], body: await answer.bytes() }, moved: [] };
  }
  const { body: value, moved } = movable(answer, "inputs");
  const wrong = notData(value, "it");
  if (wrong !== undefined) throw new TypeError(`${wrong}, and only data can be sent from where it runs`);
  return { answer: { as: "data", value }, moved };
}

/** The answer that data was made of. */
export function unpacked(answer: Packed): unknown {
  switch (answer.as) {
    case "data":
      return unmoved(answer.value, "inputs");
    case "tensors":
      return new TensorReply(unmoved(answer.reply, "outputs") as TensorReply);
    case "response": {
      const { status, headers, body } = answer;
      return new Response(body as Uint8Array<ArrayBuffer>, {
        status,
        headers: headers.map(([name, value]) => [name, value]),
      });
    }
  }
}

/** Makes data of what was thrown. */
export function errorData(thrown: unknown): ErrorData {
  const { name, message, stack } = describeThrown(thrown);
  const { status, isTransient, retryAfterMs } = isA(thrown, StatusError) ? thrown : {} as Partial<StatusError>;
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(status === undefined ? {} : { status, isTransient: isTransient === true, retryAfterMs }),
  };
}

/** What was thrown, again: a `StatusError` where it was one, else an error of the same name. */
export function thrownAgain({ name, message, stack, status, isTransient, retryAfterMs }: ErrorData): Error {
  const error = status === undefined
    ? new Error(message)
    : new StatusError(status, message, { isTransient: isTransient === true, retryAfterMs });
  if (status === undefined) Object.defineProperty(error, "name", { value: name, configurable: true });
  if (stack !== undefined) error.stack = stack;
  return error;
}

const MOVED_BYTES = 256; // below, a clone costs less

/** Classes of values that tensors have; Float16Array is none of them. */
const ARRAYS = {
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
} as const;

/** A typed array as it is moved: bare bytes. Deno's workers of `node:worker_threads` look at each value of a typed array (2.9.6). */
interface MovedArray {
  readonly "~array": keyof typeof ARRAYS;
  readonly buffer: ArrayBuffer;
}

/** Beside the fields of what is a tensor: a value that no caller can send. */
const TENSOR = { "~tensor": new ArrayBuffer(0) };

/**
 * A request's body or an answer with its tensors as data, and the large ones copied, and what is moved then instead of copied twice. The
 * tensors themselves stay: they may be views on the request's bytes, which others read as well, or a model's own.
 */
export function movable(
  body: unknown,
  list: "inputs" | "outputs",
): { readonly body: unknown; readonly moved: ArrayBuffer[] } {
  const moved: ArrayBuffer[] = [];
  const replaced = replaceTensors(body, list, (tensor) => {
    const { data } = tensor;
    const type = isLarge(data) ? data.constructor.name : undefined;
    const bare = tensor instanceof Tensor ? { ...tensor, ...TENSOR } : tensor;
    if (type === undefined || !Object.hasOwn(ARRAYS, type)) return bare;
    const { buffer } = (data as Uint8Array).slice();
    moved.push(buffer as ArrayBuffer);
    return { ...bare, data: { "~array": type, buffer } };
  });
  return { body: replaced, moved };
}

/** What was made movable, as it was. */
export function unmoved(body: unknown, list: "inputs" | "outputs"): unknown {
  return replaceTensors(body, list, (sent) => {
    const { data } = sent;
    const tensor = isMoved(data) ? { ...sent, data: new ARRAYS[data["~array"]](data.buffer) } : sent;
    return isTensor(tensor) ? new Tensor(tensor.name, tensor) : tensor;
  });
}

/** The same with others in the place of what has data; itself where none is another. */
function replaceTensors(
  body: unknown,
  list: "inputs" | "outputs",
  replace: (tensor: { readonly data?: unknown }) => object,
): unknown {
  const tensors = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[list] : undefined;
  if (!Array.isArray(tensors)) return body;
  let isOther = false;
  const replaced = tensors.map((tensor: unknown) => {
    if (typeof tensor !== "object" || tensor === null || !Object.hasOwn(tensor, "data")) return tensor;
    const other = replace(tensor);
    if (other !== tensor) isOther = true;
    return other;
  });
  return isOther ? { ...body as object, [list]: replaced } : body;
}

function isLarge(data: unknown): data is Uint8Array {
  return ArrayBuffer.isView(data) && !(data instanceof DataView) && data.byteLength >= MOVED_BYTES;
}

function isMoved(data: unknown): data is MovedArray {
  return typeof data === "object" && data !== null && Object.hasOwn(data, "~array") &&
    Object.hasOwn(ARRAYS, (data as MovedArray)["~array"]) && (data as MovedArray).buffer instanceof ArrayBuffer;
}

function isTensor(value: object): value is Tensor {
  return (value as Partial<typeof TENSOR>)["~tensor"] instanceof ArrayBuffer;
}
