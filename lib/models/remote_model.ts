import { describeThrown, isA, RemoteError, StatusError } from "../errors.ts";
import { Policy } from "../flow/policy.ts";
import type { Context } from "../graph/context.ts";
import { andThen } from "../graph/later.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import type { StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { decodeBytes } from "../protocol/decode_bytes.ts";
import type { InferRequest, ModelMetadata } from "../protocol/reply.ts";
import { isObject } from "../protocol/request_body.ts";
import { decodeTensorAnswer, encodeJsonCall, encodeTensorCall } from "../protocol/tensor_call.ts";
import type { TensorReply } from "../tensor/tensor_reply.ts";
import type { TensorRequest } from "../protocol/tensor_request.ts";
import { rowsOf, tensorsOf } from "../protocol/tensor_rows.ts";
import { secretsOf, takeCredentials } from "../remote/credentials.ts";
import { RemoteClient } from "../remote/remote_client.ts";
import { remoteHeaders } from "../remote/remote_headers.ts";
import type { RemoteRequest } from "../remote/remote_request.ts";
import { remoteUrl, shownUrl } from "../remote/remote_url.ts";
import type { Secret } from "../stores/secret.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isTensorSpec, type TensorSpec } from "../tensor/tensor_spec.ts";
import { type ModelArgs, type ModelAsk, ModelServer } from "./model_server.ts";
import { RemoteFailures } from "./remote_failures.ts";
import { readWideRows } from "./wide_integers.ts";

/** Where another server's model is. */
export interface RemoteModelArgs extends ModelArgs {
  /** The server, `http://host:8000`, or what stands before `/v2` there; `${NAME}` before the host and in the query is the secret NAME. */
  url: string;
  /** What the model is called there. Default: as the route. */
  model?: string;
  /** Its version there. Default: the route's, else the server's choice. */
  version?: string;
  /** Headers of each request; a value may be a `Secret`, or have the name of one: `Bearer ${TOKEN}`. Default: none. */
  headers?: Record<string, string | Secret>;
  /** How often a failed request is sent again, 0 or more. Default 2. */
  retries?: number;
  /** The first pause before that, in milliseconds; it doubles each time, with jitter. Default 100. */
  backoffMs?: number;
  /** A request that takes longer, in milliseconds, fails with status 504. Default 60,000. */
  timeoutMs?: number;
  /** How large an answer may be, in bytes. Default 64 MiB. */
  replyLimitBytes?: number;
  /** Certificates that are trusted besides the system's, as PEM. */
  caCerts?: string[];
}

const BINARY = "binary_tensor_data"; // what servers call the extension

const DEFAULTS = { retries: 2, backoffMs: 100, timeoutMs: 60_000 };
const UNKNOWN: ModelFacts = { platform: "levada_remote", inputs: [], outputs: [] };

/**
 * A model of another server that speaks the open inference protocol: Triton, KServe, MLServer, TorchServe, another Levada. It is asked
 * with binary tensors where the server says that it knows them, else with JSON; it tells what the other server tells of it, and is ready
 * when it is ready there.
 *
 * Requests in both dialects work: rows become tensors by what the model takes there. What fails is a `RemoteError`, as with `remote`: 502
 * for the caller, 503 where the server is busy, 504 where it takes too long. The caller reads a sentence; the server's address and words are in
 * the log, and in the error's `cause`. Redirects of a request with tensors are not followed. A caller who leaves ends the request.
 *
 * @example A model of another server, as a route of this one
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { OnnxModel, RemoteModel, serving } from "levada";
 *
 * const far = serving("far");
 * far.setTopology("router").addRoute("iris", OnnxModel, { modelPath: "notebooks/models/iris_forest.onnx" });
 * await using server = await far.serve({ port: 0 });
 *
 * const near = serving("near");
 * near.setTopology("router").addRoute("flowers", RemoteModel, { url: server.url, model: "iris" });
 * await using mock = await near.toMockServer();
 * const reply = await mock.test("/v2/models/flowers/infer", { inputs: [[6.9, 3.2, 5.7, 2.3]] });
 * deepStrictEqual([reply.model_name, reply.outputs[0].label], ["flowers", 2]);
 * ```
 */
export class RemoteModel extends ModelServer<InferRequest, unknown[]> {
  readonly #args: RemoteModelArgs;
  readonly #failures: RemoteFailures;
  #client: RemoteClient | undefined;
  #facts: ModelFacts = UNKNOWN;
  #isBinary: boolean | undefined; // undefined: not known yet
  #learning: Promise<void> | undefined;
  readonly #closing = new AbortController();

  /** Made by the router with the arguments of its route. */
  constructor(args: RemoteModelArgs, context: Context) {
    super(args, context);
    this.#args = args;
    this.#failures = new RemoteFailures(this.key, context);
    remoteUrl(args.url, undefined); // what is no URL is told at once
  }

  /** The headers of each request; a class of your own may read them from secrets. */
  headers(): Maybe<Record<string, string | Secret>> {
    return this.#args.headers ?? {};
  }

  /** Asks the other server what the model takes and gives. */
  override async load(): Promise<void> {
    const { retries, backoffMs, timeoutMs } = { ...DEFAULTS, ...this.#args };
    const { clock, log } = this.context;
    const policy = new Policy({ step: this.key, options: { retries, backoffMs, timeoutMs }, clock, log });
    const { caCerts, replyLimitBytes } = this.#args;
    this.#client = new RemoteClient({ caCerts, replyLimitBytes }, {
      context: this.context,
      clock,
      attempt: async (run, given) => await policy.run({ ...given, run: (cut) => run(cut.signal) }),
    });
    try {
      const told = await this.#ask("GET", "", { signal: this.context.signal });
      this.#facts = factsOf(told);
      this.#isBinary = await this.#knowsBinary(this.context.signal);
    } catch (error) {
      this.#client.close();
      throw error;
    }
  }

  /** Rows are sent as the tensors that the model takes there. */
  override async predict({ inputs, id, parameters }: InferRequest, context: Context): Promise<unknown[]> {
    const reply = await this.#infer({
      ...(id === undefined ? {} : { id: String(id) }),
      ...(parameters === undefined ? {} : { parameters }),
      inputs: this.#tensors(inputs),
    }, context);
    return rowsOf(reply.outputs);
  }

  /** Tensors are sent as they came. */
  override async predictTensors(request: TensorRequest, context: Context): Promise<readonly Tensor[]> {
    return (await this.#infer(request, context)).outputs;
  }

  /** Whether it is ready is asked there. */
  override answer(question: ModelAsk): Maybe<unknown> {
    if (question.operation !== "ready" || !this.isReady) return super.answer(question);
    return andThen(this.#checkReady(question.context?.signal ?? this.context.signal), () => super.answer(question));
  }

  /** What the other server says of it. */
  override facts(): ModelFacts {
    return this.#facts;
  }

  /** What the other server says that it takes and gives. */
  override signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    const told = ({ name, datatype, shape }: TensorSpec) => ({
      name,
      datatype,
      shape: shape.map((size) => typeof size === "number" ? size : -1),
    });
    return { inputs: this.#facts.inputs.map(told), outputs: this.#facts.outputs.map(told) };
  }

  /** The tensors that steps before and behind are checked against. */
  override takesAndGives(): StepSignature {
    const { inputs, outputs } = this.#facts;
    return { ...(inputs.length === 0 ? {} : { inputs }), ...(outputs.length === 0 ? {} : { outputs }) };
  }

  /** Lets go of the connection. */
  override async close(): Promise<void> {
    this.#closing.abort();
    await this.#learning;
    this.#client?.close();
  }

  async #checkReady(signal: AbortSignal): Promise<void> {
    try {
      await this.#ask("GET", "/ready", { signal });
    } catch (error) {
      const cause = this.#failures.told(error);
      const { message } = describeThrown(cause);
      throw new StatusError(503, `Model "${this.key}" is not ready. ${message}`, { cause });
    }
  }

  /** Whether the server says that it knows the binary tensor extension; undefined where it could not say now. */
  async #knowsBinary(signal: AbortSignal): Promise<boolean | undefined> {
    try {
      const told = await this.#ask("GET", undefined, { signal });
      return isObject(told) && Array.isArray(told.extensions) && told.extensions.includes(BINARY);
    } catch (error) {
      const isFinal = isA(error, RemoteError) && !error.isTransient; // it knows no such path: it has JSON only
      return isFinal ? false : undefined;
    }
  }

  /** Asks again what could not be told at the start, beside a request that goes as JSON. */
  #learn(): void {
    if (this.#isBinary !== undefined || this.#closing.signal.aborted) return;
    this.#learning ??= this.#knowsBinary(this.#closing.signal).then((isBinary) => {
      this.#isBinary = isBinary;
      this.#learning = undefined;
    });
  }

  #tensors(rows: readonly unknown[]): readonly Tensor[] {
    const { inputs } = this.#facts;
    try {
      return tensorsOf(readWideRows(rows, inputs), inputs);
    } catch (error) {
      const { message } = describeThrown(error);
      const wanted = /^Cannot answer with (.*)$/s.exec(message)?.[1]; // said of rows that a model gives
      const why = wanted === undefined ? `: ${message}` : ` with ${wanted}`;
      throw new StatusError(400, `Cannot ask model "${this.key}"${why}`, { cause: error });
    }
  }

  async #infer(request: TensorRequest, { signal }: Context): Promise<TensorReply> {
    this.#learn();
    const { body, headerLength } = this.#isBinary === true
      ? encodeTensorCall(request)
      : { body: encodeJsonCall(request), headerLength: undefined };
    const sent = new Headers({
      "content-type": headerLength === undefined ? "application/json" : "application/octet-stream",
    });
    if (headerLength !== undefined) sent.set("inference-header-content-length", String(headerLength));
    const decode = (bytes: Uint8Array, headers: Headers) =>
      decodeTensorAnswer(bytes, headers.get("inference-header-content-length"));
    try {
      return await this.#ask("POST", "/infer", { signal, body, sent, decode }) as TensorReply;
    } catch (error) {
      throw this.#failures.told(error);
    }
  }

  async #ask(
    method: string,
    path: string | undefined,
    { signal, sent = new Headers(), ...rest }: Pick<Partial<RemoteRequest>, "sent" | "decode"> & {
      signal: AbortSignal;
      body?: Uint8Array<ArrayBuffer>;
    },
  ): Promise<unknown> {
    const url = this.#url(path);
    const own = remoteHeaders(await this.headers());
    const credentials = takeCredentials(url, own);
    return await this.#client!.ask({
      method,
      url,
      own,
      sent,
      body: rest.body,
      decode: rest.decode ??
        ((bytes, headers) => bytes.length === 0 ? null : decodeBytes(bytes, headers.get("content-type") ?? "")),
      name: `${method} ${shownUrl(url)}`,
      secrets: [...secretsOf(url, own), ...credentials],
      isRedirected: method === "GET", // as a GET elsewhere it would be no question, and the tensors are for this server
    }, signal);
  }

  /** The URL of the model and something about it; undefined: of the server. */
  #url(path: string | undefined): URL {
    const { url, model = this.name, version = this.key.split(":")[1] } = this.#args;
    const at = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
    const whole = remoteUrl(url, undefined);
    const about = path === undefined ? "" : `/models/${encodeURIComponent(model)}${at}${path}`;
    whole.pathname = `${whole.pathname.replace(/\/+$/, "")}/v2${about}`;
    return whole;
  }
}

function factsOf(told: unknown): ModelFacts {
  if (!isObject(told)) throw new RemoteError(502, "Cannot read what the server says of its model: it is no object");
  const { platform, inputs, outputs } = told;
  const specs = (list: unknown): readonly TensorSpec[] => Array.isArray(list) ? list.filter(isTensorSpec) : [];
  return {
    platform: typeof platform === "string" && platform !== "" ? platform : UNKNOWN.platform,
    inputs: specs(inputs),
    outputs: specs(outputs),
  };
}
