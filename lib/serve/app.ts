import { StatusError } from "../errors.ts";
import { type OutputCheck, outputCheck } from "../flow/check_output.ts";
import type { CloseOptions, Flow } from "../flow/flow.ts";
import type { Outcome } from "../flow/outcome.ts";
import type { ServedModel } from "../graph/served_model.ts";
import { type TensorForm, tensorForm } from "../protocol/encode_tensor_reply.ts";
import { decodeBody as decodeObject } from "../protocol/request_body.ts";
import { wrongMethod } from "../protocol/refusal.ts";
import { isTensorRequest, withTensors } from "../protocol/tensor_request.ts";
import type { Asked, RequestWatch } from "../telemetry/request_watch.ts";
import { instrumentsOf, type Telemetry, watchServer } from "../telemetry/telemetry.ts";
import { type Admitted, ApiHandler } from "./api/api_handler.ts";
import type { ApiOptions } from "./api/api_options.ts";
import type { AppOptions } from "./app_options.ts";
import { Arrivals } from "./arrivals.ts";
import { askedModel } from "./asked_model.ts";
import { decodeBody, readBytes } from "./body/decode_body.ts";
import { encodeFailure } from "./reply/encode_failure.ts";
import { checkedOutcome } from "./reply/checked_outcome.ts";
import { encodeOutcome, type Told } from "./reply/encode_outcome.ts";
import { Door, type Visit } from "./limits/door.ts";
import { Outflow } from "./limits/outflow.ts";
import { KnownRoutes } from "./known_routes.ts";
import { JsonThread } from "./body/json_thread.ts";
import type { ServerView } from "./own/own_path.ts";
import { answerOwn, mayBeOwn } from "./own/own_router.ts";
import { eventOf, type RequestInfo, unwrapped } from "./request_event.ts";
import type { Caller } from "./port/caller.ts";
import { requestPath } from "./request_path.ts";
import { SERVER_VERSION } from "./own/server_version.ts";
import { Storing } from "./storing.ts";
import { FailureTeller } from "./tell_failure.ts";

/** Answers requests: the whole path of a request but the socket. */
export interface App {
  /** What the server's own paths see of it. */
  readonly view: ServerView;
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** The port takes no more requests, or will not soon, and who is answered shall leave it; to be said before it is told so. */
  end(how?: "now" | "soon"): void;
  /** Breaks off the replies that are not read to their end; tells how many. */
  cut(): number;
  /** Takes no more requests; those that have come in are answered, also where their body is still on its way. Closes the flow. */
  close(options?: CloseOptions): Promise<unknown>;
}

/** The app of a running flow: Request → event → flow → Response, and the server's own paths beside it. It never rejects. */
export function createApp(flow: Flow, options: AppOptions = {}): App {
  return new FlowApp(flow, options);
}

type WatchedInfo = RequestInfo & { readonly asked?: Asked };

class FlowApp implements App, ServerView {
  readonly flow: Flow;
  readonly #options: AppOptions;
  readonly #watch: RequestWatch | undefined;
  readonly #door: Door | undefined;
  readonly #outflow: Outflow;
  readonly #thread: JsonThread | undefined;
  readonly #routes: KnownRoutes | undefined;
  readonly #api: ApiHandler | undefined;
  readonly #check: OutputCheck | undefined;
  readonly failures: FailureTeller | undefined;
  readonly storing: Storing | undefined;
  readonly #arrivals = new Arrivals();
  #end: "now" | "soon" | undefined;
  state: ServerView["state"] = "open";

  constructor(flow: Flow, options: AppOptions) {
    this.flow = flow;
    this.#options = options;
    const { telemetry, name = "", hasSpan = false, limits, api, log, storedInMs: timeoutMs } = options;
    this.failures = log && new FailureTeller({ log, name, instruments: instrumentsOf(telemetry) });
    const routes = limits === undefined || api !== undefined ? undefined : options.routes;
    this.#door = limits === undefined ? undefined : new Door(limits, { models: () => flow.models() });
    this.#outflow = this.#door?.outflow ?? new Outflow();
    this.#thread = limits === undefined ? undefined : new JsonThread();
    this.#routes = routes === undefined ? undefined : new KnownRoutes(routes);
    this.#api = api === undefined ? undefined : new ApiHandler(api);
    const { failures } = this;
    this.storing = timeoutMs === undefined ? undefined : new Storing(flow, { timeoutMs, failures });
    this.#check = outputCheck(flow.describe());
    this.#watch = telemetry === undefined
      ? undefined
      : watchServer(telemetry, flow, { name, hasSpan, version: SERVER_VERSION, door: this.#door });
  }

  get view(): ServerView {
    return this;
  }

  get watch(): RequestWatch | undefined {
    return this.#watch;
  }

  get door(): Door | undefined {
    return this.#door;
  }

  get api(): ApiOptions | undefined {
    return this.#options.api;
  }

  get changeEverywhere(): ServerView["changeEverywhere"] {
    return this.#options.changeEverywhere;
  }

  get asksTokens(): boolean {
    return this.#options.guard?.asksTokens ?? false;
  }

  knows(authorization: string | null): boolean {
    return this.#options.guard?.knows(authorization) ?? true;
  }

  get telemetry(): Telemetry | undefined {
    return this.#options.telemetry;
  }

  models(): readonly ServedModel[] {
    return this.flow.models();
  }

  troubles(): ReturnType<NonNullable<ServerView["troubles"]>> {
    return this.#options.worker?.troubles() ?? [];
  }

  fetch(request: Request, info: RequestInfo = {}): Promise<Response> {
    const path = requestPath(request.url);
    if (this.#watch === undefined) return this.#answer(request, path, info);
    return this.#watch.answer(
      request,
      path,
      (asked) => this.#answer(request, path, asked === undefined ? info : { ...info, asked }),
    );
  }

  #answer(request: Request, path: string, info: WatchedInfo): Promise<Response> {
    const { guard } = this.#options;
    if (guard === undefined) return this.#route(request, path, info);
    const refusal = guard.refuse(request, path);
    const answered = refusal === undefined ? this.#route(request, path, info) : Promise.resolve(refusal);
    return guard.dresses ? answered.then((response) => guard.dress(request, response)) : answered;
  }

  #route(request: Request, path: string, info: WatchedInfo): Promise<Response> {
    if (request.method === "TRACE") return Promise.resolve(encodeFailure(wrongMethod(path, "TRACE", METHODS), ""));
    return mayBeOwn(request.method, path) ? this.#answerOwn(request, path, info) : this.#ask(request, path, info);
  }

  async #answerOwn(request: Request, path: string, info: WatchedInfo): Promise<Response> {
    try {
      this.#door?.screen(request);
      return await answerOwn(request, { server: this, caller: info.caller ?? request }, async () => {
        // Health is free for all, but only as the server's own answer: what becomes the graph's is asked for its token.
        return this.#options.guard?.refuseUnknown(request) ?? await this.#ask(request, path, info);
      });
    } catch (error) {
      this.failures?.tell(error);
      return encodeFailure(error, info.id ?? request.headers.get("mlrun-event-id") ?? "");
    }
  }

  end(how: "now" | "soon" = "now"): void {
    this.#end = how;
  }

  cut(): number {
    return this.#outflow.close();
  }

  async close(options: CloseOptions = {}): Promise<unknown> {
    this.end();
    this.state = "closing";
    const leftMs = await this.#arrivals.none(options.timeoutMs, () => {
      this.#door?.close(closed("closing"));
      this.#thread?.close();
    });
    try {
      return await (this.#options.worker ?? this.flow).close({ timeoutMs: leftMs });
    } finally {
      this.#door?.close(closed("closed"));
      this.#thread?.close();
      this.failures?.close();
      this.storing?.close();
      this.state = "closed";
    }
  }

  arrives(): () => void {
    return this.#arrivals.one();
  }

  /** Has the graph answer. One function, since each one more that waits costs every request. */
  async #ask(request: Request, path: string, info: WatchedInfo): Promise<Response> {
    const caller = info.caller ?? request;
    let event = eventOf(request, path, info);
    info.asked?.becomes(event);
    let visit: Visit | undefined;
    let isReading = false;
    try {
      visit = this.#door?.visit(request, event.path);
      if (this.state !== "open") throw closed(this.state, `event ${event.id}`);
      const admitted = this.#api?.admit(event.method, event.path);
      let outcome: Outcome | Promise<Outcome>;
      let form: TensorForm | undefined;
      this.#arrivals.begin(); // until the flow counts it
      try {
        let body: unknown = null; // what asks for a model that is not there is refused, whatever its body
        if (this.#routes?.mayAnswer(event.path) !== false) {
          isReading = true;
          const bytes = await readBytes(request, visit?.body);
          isReading = false;
          const turn = visit?.enter(caller); // before it is decoded: that takes time, and many times its memory
          if (turn !== undefined) await turn;
          body = this.#decode(bytes, { request, caller, path, visit });
          if (body instanceof Promise) body = await body;
          if (this.#routes !== undefined) body = decodeObject(body); // as the router does
          if (visit !== undefined && event.path.length <= 1) { // no model stands there: the body names it
            const turn = this.#door!.readModel(visit, { body, caller });
            if (turn !== undefined) await turn;
          }
        }
        const own = unwrapped(event, body);
        if (isTensorRequest(own.body)) {
          form = tensorForm(own.body);
          own.body = withTensors(own.body);
        }
        const arrived = admitted === undefined ? own : admitted.read(own, new URL(request.url).searchParams);
        if (arrived !== event) {
          event = arrived;
          info.asked?.becomes(event);
        }
        outcome = this.storing?.send(event, visit) ?? this.flow.handle(event);
      } finally {
        this.#arrivals.end();
      }
      if (outcome instanceof Promise) outcome = await outcome;
      if (outcome.kind === "failed") throw outcome.error;
      if (outcome.kind === "stream") visit?.lend(outcome.chunks);
      let told: Told | Promise<Told> = this.#check === undefined ? outcome : checkedOutcome(outcome, this.#check);
      if (told instanceof Promise) told = await told;
      if (admitted !== undefined) told = written(told, admitted);
      const response = encodeOutcome(told, {
        request,
        caller,
        event,
        form,
        failures: this.failures,
        outflow: this.#outflow,
        visit,
      });
      return this.#sent(response instanceof Promise ? await response : response);
    } catch (error) {
      const isCut = isReading && this.#end === "now"; // a port that shuts down reads no bodies to their end
      const told = isCut ? closed("closing", `event ${event.id}`) : error;
      this.failures?.tell(told, event);
      return this.#sent(encodeFailure(told, event.id));
    } finally {
      visit?.close();
    }
  }

  /** Who is answered while the server ends must not ask on the same connection again. */
  #sent(response: Response): Response {
    if (this.#end !== undefined) response.headers.set("connection", "close");
    return response;
  }

  #decode(
    bytes: Uint8Array,
    { request, caller, path, visit }: { request: Request; caller: Caller; path: string; visit: Visit | undefined },
  ): unknown {
    const { headers } = request;
    return decodeBody(bytes, {
      headers,
      defaultContentType: this.#options.defaultContentType,
      taken: visit?.body,
      thread: this.#thread,
      readsObjects: this.#routes !== undefined,
      callerSignal: () => caller.signal,
      inputs: () => askedModel(this.models(), headers.get("mlrun-event-path") ?? path)?.facts().inputs ?? [],
    });
  }
}

const RETRY_AFTER_MS = 1_000;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]; // TRACE is for nobody behind a server

function closed(state: string, what = "the request"): StatusError {
  return new StatusError(503, `Cannot take ${what}: the server is ${state}`, { retryAfterMs: RETRY_AFTER_MS });
}

/** The outcome with the reply that the function's API gives to callers. */
function written(outcome: Told, admitted: Admitted): Told {
  return outcome.kind === "reply" ? { kind: "reply", body: admitted.write(outcome.body) } : outcome;
}
