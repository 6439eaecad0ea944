import { describeThrown, ModelError } from "../errors.ts";
import type { Context } from "../graph/context.ts";
import { FlowEvent } from "../graph/event.ts";
import { keyParts, type ModelFacts, type ServedModel } from "../graph/served_model.ts";
import { declaredSignature, type StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { badRequest, notReady, unknownOperation, wrongMethod } from "../protocol/refusal.ts";
import { type InferReply, type InferRequest, type ModelMetadata } from "../protocol/reply.ts";
import { bodyField, decodeBody, describeBody, isObject } from "../protocol/request_body.ts";
import type { TensorReply } from "../tensor/tensor_reply.ts";
import type { TensorRequest } from "../protocol/tensor_request.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { askModel, type LoggedResults } from "./ask_model.ts";
import { askWatched } from "./ask_watched.ts";
import { AskedCounts } from "./asked_counts.ts";
import { checkBatching } from "./batching/batch_rows.ts";
import { rowsInOrder } from "./infer_dict.ts";
import type { ModelArgs } from "./model_args.ts";
import { findModel, type ModelFiles } from "./model_file.ts";
import { modelMetadata, modelReadiness } from "./model_metadata.ts";
import { customOperations, operationMethod, stepOperation } from "./operation.ts";
import { tensorInfo } from "./tensor_info.ts";

export type { ModelArgs };

/** One question to a model. */
export interface ModelAsk {
  /** `infer`, `predict`, `infer_dict`, `predict_dict`, `explain`, `ready`, or a model's own; empty: metadata for GET, else what the body says, else `infer`. */
  readonly operation: string;
  /** The request. */
  readonly event: FlowEvent;
  /** What the model may ask of its surroundings for this request, with its signal; default: the model's own context. */
  readonly context?: Context;
}

const READ = ["GET", "HEAD"];

/**
 * A model that answers requests: write `predict`, and what else the model needs.
 *
 * A request goes through `preprocess`, `validate`, `predict` (or `explain`) and `postprocess`. A method `opXx(event)` is
 * answered at `<model>/xx`: the name behind `op`, in lower case with `_` between its words, so that `opMyOp` is `my_op`
 * (`my-op` and `myOp` find it as well); what it returns is the reply.
 *
 * @example A model of one's own
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, ModelServer } from "levada";
 *
 * class Sum extends ModelServer {
 *   predict({ inputs }: InferRequest) {
 *     return inputs.map((row) => (row as number[]).reduce((total, value) => total + value, 0));
 *   }
 * }
 *
 * deepStrictEqual(Sum.prototype.predict({ inputs: [[1, 2], [3, 4]] }), [3, 7]);
 * ```
 */
export abstract class ModelServer<Request = InferRequest, Outputs = unknown> {
  /** What the model is called in its router, with its version: `iris:v2`. */
  readonly key: string;
  /** The key without the version. */
  readonly name: string;
  /** The arguments of its route. */
  readonly args: ModelArgs;
  /** What the model may ask of its surroundings. */
  readonly context: Context;
  #loading: Promise<void> | undefined;
  #isReady = false;
  #spec: ModelFiles["spec"] = {};
  readonly #counts = new AskedCounts();
  #metrics: Readonly<Record<string, number>> | undefined;

  /** Made by the router with the arguments of its route. */
  constructor(args: ModelArgs, context: Context) {
    this.args = args;
    this.context = context;
    this.key = context.step;
    this.name = context.step.split(":", 1)[0]!;
  }

  /** Reads the model; called once, before the first request. */
  load(): Maybe<void> {}

  /** Answers the rows of a request, one output a row. A generator's reply is streamed: each chunk is answered as a whole reply would be. */
  abstract predict(request: Request, context: Context): Maybe<Outputs>;

  /**
   * Answers a request of the open inference protocol with tensors as they came, typed arrays in and out, where a model wants no rows. It
   * is not asked where a derived class writes `predict`, `preprocess`, `validate` or `postprocess` anew: then the request goes through
   * these as rows. What was not asked for is left out of what it gives. A generator's reply is streamed, as that of `predict`.
   */
  predictTensors?(
    request: TensorRequest,
    context: Context,
  ): Maybe<readonly Tensor[] | TensorReply> | AsyncGenerator<readonly Tensor[] | TensorReply, void, undefined>;

  /** Makes the request from what came; `operation` is `infer`, `predict` or `explain`. */
  preprocess?(request: unknown, operation: string): Maybe<unknown>;

  /** Explains a prediction; a model without it has no operation `explain`. */
  explain?(request: Request, context: Context): Maybe<unknown>;

  /** Changes the reply before it leaves. */
  postprocess?(reply: InferReply): Maybe<unknown>;

  /** With the argument `batching`: only requests of one key are joined, such as of one length. Default: all. */
  batchKey?(request: Request): string | number;

  /** With the argument `batching`: what a request costs, 0 or more, where `maxCost` says how much a batch may. Default: 0. */
  batchCost?(request: Request): number;

  /**
   * Chooses what a record of model monitoring holds: inputs and outputs in place of the request's and the reply's; null: no record of this
   * request. Asked only where the function tracks its models (`setTracking`).
   */
  loggedResults?(request: Request, reply: unknown, operation: string): LoggedResults | null | undefined;

  /** Gives back what `load` took; called once, when the flow has drained. */
  close(): Maybe<void> {}

  /**
   * Checks a request that `preprocess` made; what it returns goes to `predict`.
   *
   * @throws {StatusError} 400 if there is no list under the key `inputs`.
   */
  validate(request: unknown, _operation: string): Maybe<unknown> {
    if (!isObject(request)) throw badRequest(this.key, describeBody(request));
    if (!Object.hasOwn(request, "inputs")) throw badRequest(this.key, 'the body has no key "inputs"');
    if (!Array.isArray(request.inputs)) throw badRequest(this.key, '"inputs" is not a list');
    return request;
  }

  /**
   * What the model takes and gives, as its metadata tells it: what the class declares as static `inputs` and `outputs`, or its
   * arguments as `inputs` and `outputs`; empty where nobody says.
   */
  signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    const { inputs = [], outputs = [] } = declaredSignature(this.constructor, this.args);
    return { inputs: inputs.map(tensorInfo), outputs: outputs.map(tensorInfo) };
  }

  /** The tensors of a request and of what `predict` gives: steps before and behind are checked against them. Default: `signature`. */
  takesAndGives(): StepSignature {
    return this.signature();
  }

  /** What the model is and takes and gives, as the server's metadata tells it. Override it where the model has a platform of its own. */
  facts(): ModelFacts {
    return { platform: "levada", ...this.signature() };
  }

  /** What a server may know of a model that is a step of a flow; a model of a router is its route's. */
  served(): ServedModel {
    return {
      key: this.key,
      ...keyParts(this.key),
      state: this.#isReady ? "ready" : "loading",
      facts: () => this.facts(),
      counts: () => this.#counts,
      operations: () => this.operations(),
      tell: (about, event) => this.answer({ operation: about === "metadata" ? "" : "ready", event }),
    };
  }

  /** Tells whether the model is loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Loads the model, once.
   *
   * @throws {ModelError} If `load` fails.
   */
  open(): Promise<void> {
    return this.#loading ??= this.#load();
  }

  /** Closes the model, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReady = false;
    await this.close();
  }

  /** A parameter: the model's argument, else its description's (once `getModel` has read it), else the function's, else the fallback. */
  param<Value = unknown>(name: string, fallback?: Value): Value {
    const found = [this.args, this.#spec.parameters].find((values) => Object.hasOwn(values ?? {}, name));
    return found === undefined ? this.context.param<Value>(name, fallback) : found[name] as Value;
  }

  /** Measures something under a name: for the metrics, and for the records of model monitoring from now on. */
  metric(name: string, value: number): void {
    this.#metrics = { ...this.#metrics, [name]: value };
    this.context.metric(name, value);
  }

  /** What `metric` measured last, by name; undefined where it measured nothing. */
  get metrics(): Readonly<Record<string, number>> | undefined {
    return this.#metrics;
  }

  /**
   * Finds the model's files at `modelPath`, and fetches what lies elsewhere; see `ModelFiles`.
   *
   * @param suffix The ending of the file, `.onnx`; default: any.
   * @throws {ModelError} If there is none, or several and none is named like the directory or `model`.
   * @throws {StoreError} If a store does not give it, or what it gives is broken.
   */
  async getModel(suffix = ""): Promise<ModelFiles> {
    const { modelPath, checksum } = this.args;
    const found = await findModel(this.key, { modelPath, checksum, suffix, log: this.context.log });
    this.#spec = found.spec;
    return found;
  }

  /** What can be asked of this model, besides its metadata. */
  operations(): string[] {
    const asked = this.predict === undefined ? [] : ["infer", "predict"];
    const isNamed = asked.length > 0 && this.signature().inputs.length > 0;
    return [
      ...asked,
      ...(isNamed ? ["infer_dict", "predict_dict"] : []),
      ...(this.explain === undefined ? [] : ["explain"]),
      "ready",
      ...customOperations(this, ModelServer),
    ];
  }

  /** Answers one question of a router. */
  answer({ operation, event, context = this.context }: ModelAsk): Maybe<unknown> {
    const isRead = READ.includes(event.method);
    const body = decodeBody(event.body);
    const asked = operation || bodyField(body, "operation") || (isRead ? "" : "infer");
    if (typeof asked !== "string") throw badRequest(this.key, '"operation" is not text');
    switch (asked) {
      case "":
        return modelMetadata(this);
      case "ready":
        if (!isRead) throw wrongMethod(`model "${this.key}" whether it is ready`, event.method, ["GET"]);
        return modelReadiness(this, event);
      case "infer":
      case "predict":
      case "explain":
        this.#checkAsked(asked, event);
        return askModel(this, { operation: asked, event, body, context });
      case "infer_dict":
      case "predict_dict":
        this.#checkAsked(asked, event);
        return askModel(this, { operation: "infer", event, body: this.#inOrder(asked, body), context });
      default:
        return this.#custom(asked, event, body);
    }
  }

  /** A model as a step of a flow: the operation is the event's path, or what its own address there asks for. */
  doEvent(event: FlowEvent<Request>, context: Context): Maybe<InferReply<Outputs>> {
    const question = { operation: stepOperation(event.path, this.key), event, context };
    return this.#counts.count(question, () => askWatched(this, question)) as Maybe<InferReply<Outputs>>;
  }

  async #load(): Promise<void> {
    try {
      checkBatching(this);
      await this.load();
    } catch (error) {
      const why = describeThrown(error).message;
      throw new ModelError(`Cannot load model "${this.key}": ${why}`, { cause: error });
    }
    this.#isReady = true;
  }

  #checkAsked(operation: string, { method }: FlowEvent): void {
    const found = operation === "explain" ? this.explain : this.predict;
    if (found === undefined) throw this.#refusal(operation);
    if (method !== "POST") throw wrongMethod(`model "${this.key}" to ${operation}`, method, ["POST"]);
  }

  #inOrder(operation: string, body: unknown): unknown {
    if (!this.#isReady) throw notReady(this.key);
    return rowsInOrder(body, { key: this.key, operation, inputs: this.signature().inputs, spec: this.#spec });
  }

  #custom(operation: string, event: FlowEvent, body: unknown): Maybe<unknown> {
    const method = operationMethod(this, operation);
    if (method === undefined) throw this.#refusal(operation);
    if (!this.#isReady) throw notReady(this.key);
    const { id, key, headers, time, trigger } = event;
    return method.call(
      this,
      new FlowEvent(body, { id, key, headers, time, trigger, method: event.method, path: operation }),
    );
  }

  #refusal(operation: string): Error {
    return unknownOperation(this.key, operation, this.operations());
  }
}
