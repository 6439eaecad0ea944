import type { z } from "zod";
import { LEVADA_JSON } from "../../border/levada_json.ts";
import { FlowEvent } from "../../graph/event.ts";
import type { Code, StepScope } from "../../graph/operator.ts";
import { secretsOf, takeCredentials } from "../../remote/credentials.ts";
import { headerText, remoteHeaders } from "../../remote/remote_headers.ts";
import type { RemoteRequest } from "../../remote/remote_request.ts";
import { remoteUrl, shownUrl, withSubpath } from "../../remote/remote_url.ts";
import { encodeBody, type EncodedBody } from "./encode_body.ts";
import type { REMOTE_OPTIONS } from "./remote_options.ts";

const WITHOUT_BODY = ["GET", "HEAD", "DELETE"];
const NEVER_BODY = ["GET", "HEAD"];
const ACCEPT = `${LEVADA_JSON}, */*;q=0.9`; // a function of Levada answers with what JSON has no word for

/** Makes the requests of one step. */
export class RequestMaker {
  readonly #options: z.infer<typeof REMOTE_OPTIONS>;
  readonly #code: Readonly<Record<string, Code>>;
  readonly #scope: StepScope;

  constructor(
    options: z.infer<typeof REMOTE_OPTIONS>,
    { code, scope }: { code: Readonly<Record<string, Code>>; scope: StepScope },
  ) {
    this.#options = options;
    this.#code = code;
    this.#scope = scope;
  }

  /** Makes the request for an event, or for one item of its list: each of these has an id of its own. */
  async make(event: FlowEvent, input: unknown, item?: number): Promise<RemoteRequest> {
    const call = (fn: Code): unknown => fn(input, this.#scope.contextOf(event), event);
    const url = await this.#url(event, call);
    const own = remoteHeaders(
      this.#code.headers === undefined ? this.#options.headers ?? {} : await call(this.#code.headers),
    );
    const credentials = takeCredentials(url, own);
    const secrets = [...secretsOf(url, own), ...credentials];
    const method = (this.#options.method ?? event.method).toUpperCase();
    const sent = identityOf(event, { item, hasPath: this.#code.url === undefined });
    for (const [name, value] of Object.entries(this.#scope.traceHeaders(event))) sent.set(name, value);
    if (this.#options.form !== "json" && !own.has("accept")) sent.set("accept", ACCEPT);
    const body = await this.#body(method, input, call);
    if (body !== undefined && body.type !== "" && !own.has("content-type")) sent.set("content-type", body.type);
    const name = `${method} ${shownUrl(url)}${item === undefined ? "" : ` for item ${item}`}`;
    return { method, url, own, sent, body: body?.bytes, name, secrets };
  }

  async #url(event: FlowEvent, call: (fn: Code) => unknown): Promise<URL> {
    const { url: text, subpath } = this.#options;
    const url = this.#code.url === undefined
      ? remoteUrl(text, event.path)
      : remoteUrl(await call(this.#code.url), undefined);
    return subpath === undefined ? url : withSubpath(url, subpath, event.path);
  }

  async #body(method: string, input: unknown, call: (fn: Code) => unknown): Promise<EncodedBody | undefined> {
    if (NEVER_BODY.includes(method)) return undefined;
    if (this.#code.body !== undefined) return await encodeBody(await call(this.#code.body), this.#options.form);
    if (WITHOUT_BODY.includes(method)) return undefined;
    return await encodeBody(input instanceof FlowEvent ? input.body : input, this.#options.form);
  }
}

/** The event's id and path, as MLRun names them, the path where no function made the URL. */
function identityOf(event: FlowEvent, { item, hasPath }: { item: number | undefined; hasPath: boolean }): Headers {
  const headers = new Headers();
  headers.set("mlrun-event-id", headerText(item === undefined ? event.id : `${event.id}.${item}`));
  if (hasPath && event.path !== "/") headers.set("mlrun-event-path", headerText(event.path));
  return headers;
}
