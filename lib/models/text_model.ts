import { StatusError } from "../errors.ts";
import type { Context } from "../graph/context.ts";
import { isGenerator } from "../graph/generator.ts";
import { andThen } from "../graph/later.ts";
import { monitorOf } from "../graph/monitor.ts";
import { keyParts } from "../graph/served_model.ts";
import type { Maybe } from "../graph/typing.ts";
import { notReady, wrongMethod } from "../protocol/refusal.ts";
import type { InferRequest } from "../protocol/reply.ts";
import { bodyField, decodeBody, describeBody, isObject } from "../protocol/request_body.ts";
import { callHead } from "./call_head.ts";
import { type ModelAsk, ModelServer } from "./model_server.ts";
import { watchCall } from "./watched.ts";

/** What a model is asked that goes on with a text, as the open inference protocol's `generate` asks it. */
export interface GenerateRequest {
  /** Names the request. */
  readonly id?: string | undefined;
  /** What to go on with. */
  readonly text_input: string;
  /** What else the model is told: `temperature`, `max_tokens`. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** A piece of an answer. */
export interface GenerateReply {
  /** The model's name without its version. */
  readonly model_name: string;
  /** The model's version, where it has one. */
  readonly model_version?: string;
  /** The request's id, else the event's. */
  readonly id: string;
  /** The text, or the next piece of it. */
  readonly text_output: string;
  /** What else the model says of it. */
  readonly [field: string]: unknown;
}

/** A piece of text, or an object with it as `text_output`. */
export type GeneratedPiece = string | { readonly text_output: string; readonly [field: string]: unknown };

/** What `generate` gives: all at once, or piece after piece. */
export type Generated =
  | Maybe<GeneratedPiece>
  | Generator<GeneratedPiece, void, undefined>
  | AsyncGenerator<GeneratedPiece, void, undefined>;

const OPERATIONS = ["generate", "generate_stream"];

/**
 * A model that answers text with text, piece after piece where it can: write `generate`.
 *
 * `POST <model>/generate` answers with the whole text, `POST <model>/generate_stream` with server-sent events, one a piece, as the open
 * inference protocol's generate extension has it. `infer` takes a text a row. A caller that leaves stops the generator.
 *
 * @example Word by word
 * ```ts
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 * import { type GenerateRequest, serving, TextModel } from "levada";
 *
 * class Echo extends TextModel {
 *   override async *generate({ text_input }: GenerateRequest) {
 *     for (const word of text_input.split(" ")) yield await Promise.resolve(`${word}! `);
 *   }
 * }
 *
 * const fn = serving("echo").addModel("echo", Echo);
 * await using server = await fn.toMockServer();
 * const whole = await server.test("/v2/models/echo/generate", { text_input: "so it is" });
 * strictEqual(whole.text_output, "so! it! is! ");
 * const stream = await server.test("/v2/models/echo/generate_stream", { text_input: "so" }, { eventId: "e1" });
 * strictEqual(stream, 'data: {"model_name":"echo","id":"e1","text_output":"so! "}\n\n');
 * deepStrictEqual((await server.test("/v2/models/echo/infer", { inputs: ["so"] })).outputs, ["so! "]);
 * ```
 */
export abstract class TextModel extends ModelServer<InferRequest, string[]> {
  /** Goes on with a text: gives it whole, or piece after piece. */
  abstract generate(request: GenerateRequest, context: Context): Generated;

  /** The text for each row, all rows at once. */
  override predict({ inputs, parameters }: InferRequest, context: Context): Promise<string[]> {
    return Promise.all(inputs.map(async (row) => {
      const text_input = Array.isArray(row) && row.length === 1 ? row[0] : row;
      if (typeof text_input !== "string") throw this.#refusal(`a row is a ${typeof text_input}, not text`);
      return textOf(await whole(this.generate({ text_input, parameters }, context)));
    }));
  }

  /** A text a row in, a text a row out, unless the class or its arguments say otherwise. */
  override signature(): ReturnType<ModelServer["signature"]> {
    const { inputs, outputs } = super.signature();
    return {
      inputs: inputs.length > 0 ? inputs : [{ name: "text_input", datatype: "BYTES", shape: [-1] }],
      outputs: outputs.length > 0 ? outputs : [{ name: "text_output", datatype: "BYTES", shape: [-1] }],
    };
  }

  /** What can be asked of this model, besides its metadata. */
  override operations(): string[] {
    return [...OPERATIONS, ...super.operations()];
  }

  /** Answers one question of a router. */
  override answer(question: ModelAsk): Maybe<unknown> {
    const { event } = question;
    const body = decodeBody(event.body);
    const operation = question.operation || bodyField(body, "operation");
    if (operation !== "generate" && operation !== "generate_stream") return super.answer(question);
    if (event.method !== "POST") throw wrongMethod(`model "${this.key}" to ${operation}`, event.method, ["POST"]);
    if (!this.isReady) throw notReady(this.key, 503);
    const request = this.#request(body);
    const id = request.id ?? event.id;
    const ask = () => this.#generated(operation, { request, id, context: question.context ?? this.context });
    const monitor = monitorOf(this.context);
    if (monitor === undefined) return ask();
    const head = {
      ...callHead({ ...this, className: this.constructor.name }, { operation, id }),
      rest: (_inputs: unknown, reply: unknown) => ({ metrics: this.metrics, reply: { outputs: [replyText(reply)] } }),
    };
    return watchCall(monitor, head, (watch) => {
      watch.inputs = [request.text_input];
      return ask();
    });
  }

  #generated(
    operation: string,
    { request, id, context }: { request: GenerateRequest; id: string; context: Context },
  ): Maybe<unknown> {
    const { version } = keyParts(this.key);
    const head = { model_name: this.name, ...(version === undefined ? {} : { model_version: version }), id };
    const given = this.generate(request, context);
    if (operation === "generate") return whole(given).then((pieces) => replyOf(head, pieces));
    if (isGenerator(given)) return streamed(head, given as AsyncIterable<GeneratedPiece>);
    return andThen(given as Maybe<GeneratedPiece>, (piece) => streamed(head, [piece]));
  }

  #request(body: unknown): GenerateRequest {
    if (!isObject(body)) throw this.#refusal(describeBody(body));
    const { id, text_input, parameters } = body;
    if (typeof text_input !== "string") throw this.#refusal('the body has no text "text_input"');
    if (parameters !== undefined && !isObject(parameters)) throw this.#refusal('"parameters" is no object');
    if (id !== undefined && typeof id !== "string") throw this.#refusal('"id" is no text');
    return { id, text_input, parameters };
  }

  #refusal(found: string): StatusError {
    return new StatusError(
      400,
      `Cannot ask model "${this.key}" to generate: ${found}; send a JSON object with the key "text_input", a text`,
    );
  }
}

type Head = Pick<GenerateReply, "model_name" | "model_version" | "id">;

/** All pieces. */
async function whole(given: Generated): Promise<GeneratedPiece[]> {
  if (!isGenerator(given)) return [await given as GeneratedPiece];
  const pieces: GeneratedPiece[] = [];
  for await (const piece of given as AsyncIterable<GeneratedPiece>) pieces.push(piece);
  return pieces;
}

/** A reply for each piece; one without text where there is none, since an empty answer is one, too. */
async function* streamed(
  head: Head,
  pieces: Iterable<GeneratedPiece> | AsyncIterable<GeneratedPiece>,
): AsyncGenerator<GenerateReply, void, undefined> {
  let isEmpty = true;
  for await (const piece of pieces) {
    isEmpty = false;
    yield replyOf(head, [piece]);
  }
  if (isEmpty) yield replyOf(head, []);
}

/** The reply of some pieces: their text joined, and what else the last one says. */
function replyOf(head: Head, pieces: readonly GeneratedPiece[]): GenerateReply {
  const last = pieces.at(-1);
  return { ...(isObject(last) ? last : {}), ...head, text_output: textOf(pieces) };
}

function textOf(pieces: readonly GeneratedPiece[]): string {
  return pieces.map((piece) => typeof piece === "string" ? piece : piece.text_output).join("");
}

/** The text of a reply, or of the chunks of one. */
function replyText(reply: unknown): string | undefined {
  const chunks = isObject(reply) && Array.isArray(reply.outputs) ? reply.outputs : [reply];
  return chunks.map((chunk) => isObject(chunk) ? chunk.text_output : "").join("");
}
