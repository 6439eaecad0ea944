import { isLevadaJson } from "../border/levada_json.ts";
import { readValue } from "../border/read_value.ts";
import { writeJson } from "../border/write_json.ts";
import { writeValue } from "../border/write_value.ts";
import { type ReplyBody, ReplyError } from "../errors.ts";
import type { FailureRecord } from "../flow/failures.ts";
import type { CloseOptions, Flow } from "../flow/flow.ts";
import type { FlowMonitor } from "../graph/monitor.ts";
import { isTensorRequest } from "../protocol/tensor_request.ts";
import { type App, createApp } from "./app.ts";
import type { AppOptions } from "./app_options.ts";
import { headerText } from "./reply/header_text.ts";
import { wholeText } from "../tensor/whole_text.ts";
import { Trace } from "./trace.ts";

/** What a request may say besides its path and body. */
export interface RequestOptions {
  /** Default `POST` with a body, `GET` without. */
  method?: string;
  /** Sent with the request. */
  headers?: HeadersInit;
  /**
   * How the body is sent. Default: JSON, but for bytes, which are sent as they are; what JSON has no word for is refused, as it would reach
   * the function as something else. With `application/vnd.levada+json` it is sent as another function of Levada sends it.
   */
  contentType?: string;
  /** Names the event; default a new UUID. */
  eventId?: string;
  /** Events of one key keep their order. */
  key?: string;
  /** When it happened; default now. */
  time?: Date;
  /** What brought the event; default `http`. */
  trigger?: string;
}

/**
 * A whole function in this process, without a port: the path of a request is the production server's, so status codes, headers
 * and bodies are the same.
 *
 * @example Answers, failures and what ends on its way
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { filter, serving, StatusError } from "levada";
 *
 * const fn = serving("halves");
 * fn.setTopology("flow")
 *   .to("even", filter((n: number) => n % 2 === 0))
 *   .to("half", (n) => {
 *     if (n < 0) throw new StatusError(422, "not below zero");
 *     return n / 2;
 *   })
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 4), 2);
 * deepStrictEqual(await server.test("/", 3), undefined); // 204
 * deepStrictEqual((await server.test("/", -2, { silent: true })).status, 422);
 * ```
 */
export class MockServer implements AsyncDisposable {
  readonly #flow: Flow;
  readonly #app: App;
  readonly #monitor: FlowMonitor | undefined;

  /** Made by `toMockServer`. */
  constructor(flow: Flow, { monitor, ...options }: AppOptions & { readonly monitor?: FlowMonitor | undefined } = {}) {
    this.#flow = flow;
    this.#monitor = monitor;
    this.#app = createApp(flow, options);
  }

  /**
   * Sends a request and gives the answer's body; undefined where the event ended without one.
   *
   * @throws {ReplyError} From status 300 up, unless `silent`, which gives the `Response`.
   */
  test(path: string, body: unknown, options: RequestOptions & { silent: true }): Promise<Response>;
  /** Sends a request and gives the body of the answer. */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  test<Reply = any>(path: string, body?: unknown, options?: RequestOptions & { silent?: false }): Promise<Reply>;
  async test(path: string, body?: unknown, options: RequestOptions & { silent?: boolean } = {}): Promise<unknown> {
    const { eventId: id, key, time, trigger } = options;
    const response = await this.#app.fetch(requestOf(path, body, options), { id, key, time, trigger });
    return options.silent === true ? response : await readReply(response);
  }

  /**
   * Sends a request and tells what every step received, returned and took, also in branches and behind queues. Shows as a table in a
   * notebook. It waits until all that became of the request is done; what a step keeps for other events or for its time is told
   * as held, and if that is the caller's answer, there is none yet.
   */
  async trace(path: string, body?: unknown, options: RequestOptions = {}): Promise<Trace> {
    const eventId = options.eventId ?? crypto.randomUUID();
    let response: Response | undefined;
    let reply: unknown;
    const steps = await this.#flow.trace(eventId, async () => {
      response = await this.test(path, body, { ...options, eventId, silent: true });
      reply = await readBody(response);
    });
    return new Trace(reply, response?.status, steps);
  }

  /** Answers a request as the production server would. */
  fetch(request: Request): Promise<Response> {
    return this.#app.fetch(request);
  }

  /** What left the graph by a queue at its end, oldest first; at most the last 10,000. */
  // deno-lint-ignore no-explicit-any -- the bodies are what the graph's steps made
  sent(queue: string): readonly any[] {
    return this.#flow.sent(queue);
  }

  /**
   * The records of what models were asked and answered, oldest first, where the function tracks them (`setTracking`); at most the last
   * 10,000. They are also written to where the function says.
   */
  // deno-lint-ignore no-explicit-any -- the rows are what the models take and give
  tracked(): readonly any[] {
    return this.#monitor?.recent() ?? [];
  }

  /** The events whose failure no handler took and nobody was told of, oldest first; at most the last 10,000. */
  deadLetters(): readonly FailureRecord[] {
    return this.#flow.deadLetters();
  }

  /** How often things happened, by step and name: `failed`, `deadLetters`, `late`, `dropped`. */
  counts(): Record<string, Record<string, number>> {
    return this.#flow.counts();
  }

  /** Takes no more requests, waits for what is under way, closes every step, and gives the result of the step that folds all events. */
  // deno-lint-ignore no-explicit-any -- the result is what the graph's folding steps make of it
  async waitForCompletion<Total = any>(options: CloseOptions = {}): Promise<Total> {
    return await this.#app.close(options) as Total;
  }

  /** Closes the function, see `waitForCompletion`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

function requestOf(path: string, body: unknown, options: RequestOptions): Request {
  const headers = new Headers(options.headers);
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`Cannot test ${path}: a ${method} request has no body. Leave the body out, or send it by POST`);
  }
  if (options.contentType !== undefined) headers.set("content-type", options.contentType);
  else if (body !== undefined && !(body instanceof Uint8Array)) headers.set("content-type", "application/json");
  const url = new URL(path.startsWith("/") ? `http://mock${path}` : `http://mock/${path}`);
  return new Request(url, { method, headers, ...(body === undefined ? {} : { body: bytesOf(body, path, headers) }) });
}

function bytesOf(body: unknown, path: string, headers: Headers): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  const type = headers.get("content-type") ?? "";
  if (typeof body === "string" && !type.includes("json")) {
    return encode(wholeText(body, `test ${path}`));
  }
  if (isLevadaJson(type)) return encode(writeValue(body, `test ${path}`, { isTyped: true }).text);
  if (isTensorRequest(body)) return encode(JSON.stringify(body)); // tensors say themselves how they are JSON
  return encode(writeJson(body, { act: `test ${path}`, cure: CURE }));
}

const CURE =
  'Send what callers send, or, where a function of Levada calls, say contentType: "application/vnd.levada+json"';

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function readReply(response: Response): Promise<unknown> {
  const type = response.headers.get("content-type") ?? "";
  if (response.status >= 300) {
    const text = await response.text();
    throw new ReplyError(
      response.status,
      type.startsWith("application/json") ? JSON.parse(text) as ReplyBody : { error: text, id: "" },
    );
  }
  const body = await readBody(response);
  const last: unknown = type.startsWith("application/x-ndjson") ? (body as unknown[]).at(-1) : undefined;
  if (isBreak(last, response)) throw new ReplyError(last.status, last);
  return body;
}

/** Whether the last line of a stream says that it failed there. */
function isBreak(line: unknown, { headers }: Response): line is ReplyBody & { status: number } {
  if (typeof line !== "object" || line === null) return false;
  const { error, status, id } = line as Record<string, unknown>;
  return typeof error === "string" && typeof status === "number" && typeof id === "string" &&
    headerText(id) === headers.get("x-event-id");
}

async function readBody(response: Response): Promise<unknown> {
  const type = response.headers.get("content-type") ?? "";
  if (response.status === 204) return undefined;
  if (type.startsWith("application/json")) return await response.json();
  if (isLevadaJson(type)) return readValue(await response.text());
  if (type.startsWith("application/x-ndjson")) {
    return (await response.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }
  return type.startsWith("text/") ? await response.text() : new Uint8Array(await response.arrayBuffer());
}
