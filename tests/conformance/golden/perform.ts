/** Runs a case on the library and keeps everything that can be compared. */

import { type AnyFailure, type AnyServer, hasErrorStream } from "./facade.ts";
import type { GoldenCase, GoldenRequest } from "./golden_case.ts";
import { takePrinted } from "./library/printed.ts";
import { isTrue } from "./library/python.ts";
import { Needs } from "./needs.ts";
import { type RemoteRequest, serveRemote } from "./remote_service.ts";
import { decodeSpecial, encodeEvents, isRecord } from "./special.ts";
import { lookAll } from "./storey/looks.ts";
import { readEvents } from "./stream.ts";
import { performStorey } from "./storey/perform.ts";
import type { Settled, StoreyRun } from "./storey/run.ts";
import { build, BuildRefusal, type Built } from "./translate.ts";
import { within } from "./within.ts";

/** What a request was answered with. */
export interface Answer {
  /** 0 where the request could not be sent; `text` tells why. */
  readonly status: number;
  /** Without parameters: `application/json`. */
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON as a value, text as text, events as `StreamBody`, other bytes as bytes; undefined where there is no body. */
  readonly body: unknown;
  readonly text: string;
  /** The step where the event ended, for 204. */
  readonly endedAt?: string;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** No answer came in time. */
export interface NoAnswer {
  readonly waitedMs: number;
}

/** Building or starting was refused. */
export interface Refusal {
  readonly stage: "build" | "serve";
  /** The call of `build` that was refused. */
  readonly op?: number;
  readonly error: Error;
}

/** One request and what became of it. */
export interface Asked {
  readonly request: GoldenRequest;
  readonly answer: Answer | NoAnswer;
  /** Steps that the event entered, in order. */
  readonly trace: readonly string[];
  /** Routes that were asked, sorted. */
  readonly routes: readonly string[];
}

/** Everything that a case did on the library. */
export interface Performance {
  readonly refusal?: Refusal;
  readonly asked: readonly Asked[];
  /** What closing gave; `error` where it failed or never ended. */
  readonly termination: { readonly result?: unknown; readonly error?: string };
  /** The graph's picture as DOT. */
  readonly dot?: string;
  readonly printed: readonly unknown[];
  /** What left by a queue, by its step. */
  readonly sent: ReadonlyMap<string, readonly unknown[]>;
  /** The records of what models were asked. */
  readonly tracked: readonly unknown[];
  /** What the service was asked that the case's remote steps ask. */
  readonly remote?: readonly RemoteRequest[];
  readonly built?: Built;
  /** The bodies that entered each step, in order. */
  readonly entered: ReadonlyMap<string, readonly unknown[]>;
  /** What the function's error stream got. */
  readonly failures: readonly AnyFailure[];
  /** The runs of a flow of storey. */
  readonly runs?: readonly StoreyRun[];
  /** What was seen where a case only looks at something by itself. */
  readonly looked: ReadonlyMap<string, Settled>;
}

/** How a case is run. */
export interface PerformOptions {
  /** After this long a request counts as hanging. */
  readonly limitMs: number;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Runs a case.
 *
 * @throws {Needs} If the case uses what the library or the translator lacks.
 */
export async function perform(given: GoldenCase, { limitMs }: PerformOptions): Promise<Performance> {
  takePrinted();
  const looked = await lookAll(given);
  if (given.graph?.topology === "storey") {
    const done = await performStorey(given, limitMs);
    return { ...NOTHING, looked, ...("refused" in done ? { refusal: { stage: "build", error: done.refused } } : done) };
  }
  if (given.graph === undefined && given.requests === undefined && given.build_error === undefined) {
    return { ...NOTHING, looked };
  }
  const traces = new Map<string, string[]>();
  const routerName = given.graph?.topology === "router" ? given.graph.name : undefined;
  const entered = new Map<string, unknown[]>();
  const observe = (step: string, event: { readonly id: string; readonly body: unknown }) => {
    entered.set(step, [...entered.get(step) ?? [], encodeEvents(event.body)]);
    traces.set(event.id, [...traces.get(event.id) ?? [], routerName ?? step]); // the one router of a function has no name of its own
  };
  const failures: AnyFailure[] = [];
  if (given.function?.error_stream !== undefined && !await hasErrorStream()) throw new Needs("errorStream");
  await using remote = serveRemote(given);
  const watchers: Watchers = { observe, errorStream: (failure) => void failures.push(failure) };
  const started = await start(remote?.in(given) ?? given, watchers);
  if ("refusal" in started) {
    return { ...NOTHING, ...started, looked };
  }
  const { built, server } = started;
  const asked: { request: GoldenRequest; answer: Answer | NoAnswer; routes: string[] }[] = [];
  for (const request of given.requests ?? []) {
    if (isAfterClose(request)) await server.waitForCompletion();
    const answer = await ask(server, asServed(request, given), limitMs);
    asked.push({ request, answer, routes: built.routesRun.splice(0).sort() });
    if ("waitedMs" in answer) break; // what hangs once is not asked again
  }
  const closing = await within(server.waitForCompletion().then((result) => ({ result }), failed), limitMs);
  const queues = (given.graph?.steps ?? []).filter(({ kind }) => kind === "queue").map(({ name }) => name);
  return {
    asked: asked.map((item) => ({ ...item, trace: traces.get(eventId(item.request)) ?? [] })),
    termination: closing ?? { error: `closing took more than ${limitMs} ms` },
    ...(built.graph === undefined ? {} : { dot: built.graph.plot().dot }),
    printed: takePrinted(),
    sent: new Map(queues.map((name) => [name, server.sent(name)])),
    tracked: server.tracked(),
    ...(remote === undefined ? {} : { remote: [...remote.got] }),
    built,
    entered,
    failures,
    looked,
  };
}

const NOTHING: Performance = {
  asked: [],
  termination: {},
  printed: [],
  sent: new Map(),
  tracked: [],
  entered: new Map(),
  failures: [],
  looked: new Map(),
};

/** Who is told of what happens in the server. */
interface Watchers {
  readonly observe: (step: string, event: { readonly id: string; readonly body: unknown }) => void;
  readonly errorStream: (failure: AnyFailure) => void;
}
type Started = { readonly refusal: Refusal } | { readonly built: Built; readonly server: AnyServer };

async function start(given: GoldenCase, watchers: Watchers): Promise<Started> {
  let built: Built;
  try {
    built = build(given);
  } catch (error) {
    if (!(error instanceof BuildRefusal)) throw error;
    return { refusal: { stage: "build", op: error.op, error: error.cause instanceof Error ? error.cause : error } };
  }
  try {
    const currentFunction = given.serve?.current_function ?? "*";
    return { built, server: await built.fn.toMockServer({ currentFunction, ...watchers, log: SILENT }) };
  } catch (error) {
    return { refusal: { stage: "serve", error: error instanceof Error ? error : new Error(String(error)) } };
  }
}

/** The recording closed the server before this request. */
function isAfterClose({ expect }: GoldenRequest): boolean {
  return String(expect.body).includes("Cannot emit to a terminated flow");
}

/** The event's id: the one in the header that MLRun reads, else the one that the case gives. */
function eventId({ id, headers = {} }: GoldenRequest): string {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "mlrun-event-id")?.[1] ?? id;
}

async function ask(server: AnyServer, request: GoldenRequest, limitMs: number): Promise<Answer | NoAnswer> {
  const from = performance.now();
  let response: Response | undefined;
  try {
    response = await within(server.test(request.path, ...requestOf(request)), limitMs);
  } catch (error) { // the request could not be sent at all
    const text = error instanceof Error ? error.message : String(error);
    return { status: 0, contentType: "", headers: {}, body: undefined, text, tookMs: performance.now() - from };
  }
  if (response === undefined) return { waitedMs: limitMs };
  const contentType = (response.headers.get("content-type") ?? "").split(";", 1)[0]!.trim();
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const endedAt = response.headers.get("x-ended-at-step");
  return {
    status: response.status,
    contentType,
    headers: Object.fromEntries(response.headers),
    body: bodyOf(bytes, text, contentType),
    text,
    ...(endedAt === null ? {} : { endedAt: decodeURI(endedAt) }),
    tookMs: performance.now() - from,
  };
}

/**
 * A request with what the case as a whole says of it: its trigger; and where streams are, it asks for server-sent events, which keep
 * chunks apart as the generator of MLRun's mock server does.
 */
function asServed(request: GoldenRequest, { serve, topics }: GoldenCase): GoldenRequest {
  const { headers, trigger = serve?.trigger } = request;
  const isStreaming = topics.includes("streaming");
  return { ...request, trigger, ...(isStreaming ? { headers: { ...headers, accept: "text/event-stream" } } : {}) };
}

/**
 * A request as HTTP carries it: text goes as it is, everything else as JSON. MLRun's mock server says GET wherever the body is
 * empty (`[]`, `0`); such a body is posted here.
 */
function requestOf(request: GoldenRequest): [unknown, Record<string, unknown> & { silent: true }] {
  const { method, headers, content_type, trigger, body } = request;
  const sent = body === null || (body === "" && method === "GET") ? undefined : bytesOf(body, content_type);
  const isDefaultGet = method === "GET" && sent !== undefined && !isTrue(decodeSpecial(body));
  return [sent, {
    silent: true,
    method: isDefaultGet ? "POST" : method,
    eventId: eventId(request),
    ...(headers === undefined ? {} : { headers }),
    ...(content_type === undefined ? {} : { contentType: content_type }),
    ...(typeof trigger === "string" ? { trigger } : isRecord(trigger) ? { trigger: String(trigger.kind) } : {}),
  }];
}

function bytesOf(body: unknown, contentType: string | undefined): unknown {
  const value = decodeSpecial(body);
  if (typeof value === "string") return new TextEncoder().encode(value);
  return contentType === undefined || value instanceof Uint8Array
    ? value
    : new TextEncoder().encode(JSON.stringify(value));
}

function bodyOf(bytes: Uint8Array, text: string, contentType: string): unknown {
  if (contentType === "application/json") return JSON.parse(text);
  if (contentType === "text/event-stream") return readEvents(text);
  if (bytes.length === 0 && contentType === "") return undefined;
  return contentType.startsWith("text/") ? text : bytes;
}

function failed(error: unknown): { error: string } {
  return { error: error instanceof Error ? error.message : String(error) };
}
