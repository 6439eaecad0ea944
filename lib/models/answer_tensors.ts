/** How a model answers a request of the open inference protocol: with its tensors, or by way of rows. */

import { ShapeError, StatusError } from "../errors.ts";
import { andThen } from "../graph/later.ts";
import type { Maybe } from "../graph/typing.ts";
import { isObject } from "../protocol/request_body.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import type { TensorRequest } from "../protocol/tensor_request.ts";
import { rowsOf, tensorsOf } from "../protocol/tensor_rows.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";

/** Methods through which a request goes as rows. */
const BY_ROWS = ["predict", "preprocess", "validate", "postprocess"];

/**
 * Tells whether a model's `predictTensors` is asked: whether it has one, and no class derived from the one that has it changes what
 * happens to rows, which would then be passed by.
 */
export function takesTensors(model: object): boolean {
  const known = TAKING.get(model);
  if (known !== undefined) return known;
  const found = findsTensors(model);
  TAKING.set(model, found);
  return found;
}

const TAKING = new WeakMap<object, boolean>();

function findsTensors(model: object): boolean {
  for (let level = model; level !== null; level = Object.getPrototypeOf(level)) { // `ModelServer` itself has `validate`
    if (Object.hasOwn(level, "predictTensors")) return true;
    if (BY_ROWS.some((name) => Object.hasOwn(level, name))) return false;
  }
  return false;
}

/** What a reply needs besides its tensors. */
export interface ReplyHead {
  /** The model's key, for errors. */
  readonly key: string;
  readonly name: string;
  readonly version: string | undefined;
  /** The request's, else the event's. */
  readonly id: string;
}

/**
 * The request as rows.
 *
 * @throws {StatusError} 400 if its tensors have different numbers of rows.
 */
export function asRows({ id, parameters, inputs }: TensorRequest): Record<string, unknown> {
  try {
    const rows = rowsOf(inputs);
    return { ...(id === undefined ? {} : { id }), inputs: rows, ...(parameters === undefined ? {} : { parameters }) };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new StatusError(400, error.message, { cause: error });
  }
}

/**
 * The reply to a request, of what `predictTensors` gave.
 *
 * @throws {StatusError} 400 if the request asks for an output that is not among them.
 */
export function tensorReply(
  given: Maybe<readonly Tensor[] | TensorReply>,
  request: TensorRequest,
  head: ReplyHead,
): Maybe<TensorReply> {
  return andThen(given, (outputs) => {
    if (outputs instanceof TensorReply) {
      return request.outputs === undefined
        ? outputs
        : outputs.with({ outputs: chosen(outputs.outputs, request, head.key) });
    }
    return new TensorReply({
      model_name: head.name,
      model_version: head.version,
      id: head.id,
      outputs: chosen(outputs, request, head.key),
    });
  });
}

/**
 * The reply to a request, of rows: of what `predict` gave, or of the reply that `postprocess` made of it, whose `outputs` count.
 *
 * @throws {TypeError} If no tensor holds the rows.
 */
export function replyOfRows(
  rows: unknown,
  request: TensorRequest,
  head: ReplyHead & { readonly declared: readonly TensorSpec[] },
): Maybe<TensorReply> {
  if (rows instanceof TensorReply) return tensorReply(rows, request, head);
  try {
    return tensorReply(tensorsOf(rows, head.declared), request, head);
  } catch (error) {
    if (!(error instanceof ShapeError || error instanceof TypeError)) throw error;
    throw new TypeError(`Cannot answer for model "${head.key}": ${error.message}`, { cause: error });
  }
}

/** What `postprocess` made: the outputs of a reply, else all of it. */
export function outputsIn(reply: unknown): unknown {
  return isObject(reply) && !(reply instanceof TensorReply) && Object.hasOwn(reply, "outputs") ? reply.outputs : reply;
}

function chosen(outputs: readonly Tensor[], { outputs: asked }: TensorRequest, key: string): readonly Tensor[] {
  if (asked === undefined || asked.length === 0) return outputs;
  const byName = new Map(outputs.map((tensor) => [tensor.name, tensor]));
  return asked.map(({ name }) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    throw new StatusError(
      400,
      `Cannot give output "${name}" of model "${key}": its outputs are ${[...byName.keys()].join(", ")}`,
    );
  });
}
