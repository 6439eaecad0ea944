/** What becomes of a request to `infer`, `predict` or `explain`: through a model's methods to the reply, in the dialect of the request. */

import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen, isLater } from "../graph/later.ts";
import { monitorOf } from "../graph/monitor.ts";
import { keyParts } from "../graph/served_model.ts";
import type { StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { notReady } from "../protocol/refusal.ts";
import { encodeTimestamp, type InferReply } from "../protocol/reply.ts";
import { bodyField } from "../protocol/request_body.ts";
import type { TensorReply } from "../tensor/tensor_reply.ts";
import {
  decodeTensorRequest,
  isTensorRequest,
  type TensorRequest,
  type TensorRequestBody,
} from "../protocol/tensor_request.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asRows, outputsIn, replyOfRows, takesTensors, tensorReply } from "./answer_tensors.ts";
import { predictInBatch } from "./batching/batch_rows.ts";
import { callHead } from "./call_head.ts";
import { eachChunk } from "./each_chunk.ts";
import { mediaRequest } from "./media_request.ts";
import { type CallHead, type Watch, watchCall } from "./watched.ts";

/** What is done with the inputs. */
export type ModelOperation = "infer" | "predict" | "explain";

/** A request to a model. */
export interface ModelRequest {
  readonly operation: ModelOperation;
  readonly event: FlowEvent;
  readonly body: unknown;
  /** What the model may ask of its surroundings for this request. */
  readonly context: Context;
  /** Where is noted what the model is given, when somebody keeps records. */
  readonly watch?: Watch | undefined;
}

/** What a record of a request holds in place of what was asked and answered. */
export interface LoggedResults {
  /** Rows; default: those that the model was given. */
  readonly inputs?: readonly unknown[];
  /** One a row; default: those that it answered. */
  readonly outputs?: readonly unknown[];
}

/** A model, as its requests see it. */
export interface AskedModel {
  readonly key: string;
  readonly name: string;
  readonly context: Context;
  readonly args: { readonly [parameter: string]: unknown };
  readonly isReady: boolean;
  /** Whether its argument `batching` is its own affair. */
  readonly batchesItself?: boolean;
  preprocess?(request: unknown, operation: string): Maybe<unknown>;
  validate(request: unknown, operation: string): Maybe<unknown>;
  predict(request: never, context: Context): unknown;
  predictTensors?(
    request: TensorRequest,
    context: Context,
  ): Maybe<readonly Tensor[] | TensorReply> | AsyncGenerator<readonly Tensor[] | TensorReply, void, undefined>;
  explain?(request: never, context: Context): Maybe<unknown>;
  postprocess?(reply: InferReply): Maybe<unknown>;
  batchKey?(request: never): string | number;
  batchCost?(request: never): number;
  loggedResults?(request: never, reply: unknown, operation: string): LoggedResults | null | undefined;
  readonly metrics: Readonly<Record<string, number>> | undefined;
  takesAndGives(): StepSignature;
}

/** Answers a request: in MLRun's dialect, or, where it brought tensors, in the open inference protocol; the function's monitor is told. */
export function askModel(model: AskedModel, request: ModelRequest): Maybe<unknown> {
  const monitor = monitorOf(model.context);
  if (monitor === undefined) return ask(model, request);
  return watchCall(monitor, callOf(model, request), (watch) => ask(model, { ...request, watch }));
}

function ask(model: AskedModel, { operation, event, body, context, watch }: ModelRequest): Maybe<unknown> {
  if (isTensorRequest(body)) return askTensors(model, { operation, event, body, context, watch });
  const { key, isReady, args: { dataUrls } } = model;
  if (!isReady) throw notReady(key);
  const id = bodyField(body, "id") ?? event.id;
  const next = (outputs: unknown) => finish(model, replyOf(model, { operation, id, outputs }));
  const media = mediaRequest(body, { key, dataUrls, event, signal: () => context.signal });
  if (media === undefined) return askRows(model, { operation, body, context, watch }, next);
  return andThen(media, (body) => askRows(model, { operation, body, context, watch }, next));
}

function askTensors(model: AskedModel, question: ModelRequest & { readonly body: TensorRequestBody }): Maybe<unknown> {
  const { operation, event, body, context, watch } = question;
  const { key, name } = model;
  if (!model.isReady) throw notReady(key, 503);
  const request = decodeTensorRequest(body);
  const id = request.id ?? event.id;
  if (operation === "explain") {
    return askRows(
      model,
      { operation, body: asRows(request), context, watch },
      (outputs) => finish(model, replyOf(model, { operation, id, outputs })),
    );
  }
  const head = { key, name, version: keyParts(key).version, id };
  if (takesTensors(model)) {
    if (watch !== undefined) watch.inputs = request;
    return eachChunk(model.predictTensors!(request, context), (outputs) => tensorReply(outputs, request, head));
  }
  return askRows(model, { operation, body: asRows(request), context, watch }, (outputs) => {
    const declared = model.takesAndGives().outputs ?? [];
    if (model.postprocess === undefined) return replyOfRows(outputs, request, { ...head, declared });
    return andThen(
      finish(model, replyOf(model, { operation, id, outputs })),
      (reply) => replyOfRows(outputsIn(reply), request, { ...head, declared }),
    );
  });
}

function askRows(
  model: AskedModel,
  { operation, body, context, watch }: Omit<ModelRequest, "event">,
  next: (outputs: unknown) => unknown,
): Maybe<unknown> {
  // Without andThen where nothing waits: a function made for each request costs as much as a small model.
  const prepared = model.preprocess === undefined ? body : model.preprocess(body, operation);
  if (isLater(prepared)) {
    return andThen(prepared, (request) => askValid(model, { operation, body: request, context, watch }, next));
  }
  return askValid(model, { operation, body: prepared, context, watch }, next);
}

function askValid(
  model: AskedModel,
  question: Omit<ModelRequest, "event">,
  next: (outputs: unknown) => unknown,
): Maybe<unknown> {
  const valid = model.validate(question.body, question.operation);
  if (isLater(valid)) return andThen(valid, (given) => eachChunk(outputsOf(model, given, question), next));
  return eachChunk(outputsOf(model, valid, question), next);
}

function outputsOf(
  model: AskedModel,
  valid: unknown,
  { operation, context, watch }: Omit<ModelRequest, "event">,
): unknown {
  const given = valid as never;
  if (watch !== undefined) watch.inputs = valid;
  if (operation === "explain") return model.explain!(given, context);
  const isJoined = model.args.batching !== undefined && model.batchesItself !== true;
  return isJoined ? predictInBatch(model, given, context) : model.predict(given, context);
}

/** What a record says of the model and the request, whatever becomes of it. */
function callOf(model: AskedModel, { operation, event, body }: ModelRequest): CallHead {
  const { key, context, args } = model;
  return {
    ...callHead({ key, context, args, className: model.constructor.name }, {
      operation,
      id: bodyField(body, "id") ?? event.id,
    }),
    rest(inputs, reply) {
      const logged = reply === undefined ? undefined : model.loggedResults?.(inputs as never, reply, operation);
      if (logged === null) return null;
      return {
        metrics: model.metrics,
        inputs: logged?.inputs ?? inputs,
        ...(logged?.outputs === undefined ? {} : { reply: { outputs: logged.outputs } }),
      };
    },
  };
}

function finish(model: AskedModel, reply: InferReply): Maybe<unknown> {
  if (model.postprocess !== undefined) return model.postprocess(reply);
  if (reply.outputs === undefined) throw new TypeError(`Cannot answer for model "${model.key}": it gave undefined`);
  return reply;
}

function replyOf(
  { key, name, args }: AskedModel,
  { operation, id, outputs }: { readonly operation: ModelOperation; readonly id: unknown; readonly outputs: unknown },
): InferReply {
  const uid = args.modelEndpointUid;
  const reply: InferReply = operation === "explain"
    ? { id: id as string, model_name: key, outputs }
    : { id: id as string, model_name: name, outputs, timestamp: encodeTimestamp(new Date()) };
  if (typeof uid === "string" && uid !== "") reply.model_endpoint_uid = uid;
  return reply;
}
