import { describeThrown, RemoteError, StatusError } from "../errors.ts";
import { fetchPrivately } from "../private_fetch.ts";
import type { StepScope } from "../graph/operator.ts";
import { readAnswer, unusable, withoutSecrets } from "./remote_answer.ts";
import type { RemoteRequest } from "./remote_request.ts";
import { shownUrl } from "./remote_url.ts";

/** How a client asks. */
export interface ClientOptions {
  readonly caCerts?: readonly string[] | undefined;
  readonly maxRedirects?: number | undefined;
  readonly replyLimitBytes?: number | undefined;
}

/** What a client needs of where it stands. */
export type ClientScope = Pick<StepScope, "attempt" | "clock"> & {
  readonly context: Pick<StepScope["context"], "step">;
};

const MAX_REDIRECTS = 10; // what other clients follow
const REPLY_LIMIT_BYTES = 64 * 1024 * 1024; // an image or some thousand embeddings; a stream that never ends is none
const OPEN_HEADERS = ["accept", "content-type"]; // what another origin may see of the user's headers

/** Sends requests and reads answers, in the name of one step. */
export class RemoteClient {
  readonly #options: ClientOptions;
  readonly #scope: ClientScope;
  readonly #http: Deno.HttpClient | undefined;

  constructor(options: ClientOptions, scope: ClientScope) {
    this.#options = options;
    this.#scope = scope;
    this.#http = options.caCerts === undefined ? undefined : open(options.caCerts);
  }

  /** Asks, again where that may help, and gives the answer's body. */
  ask(request: RemoteRequest, signal: AbortSignal): Promise<unknown> {
    const step = this.#scope.context.step;
    return this.#scope.attempt((cut) => this.#send(request, cut), {
      signal,
      overdue: (limitMs) =>
        new RemoteError(
          504,
          `Cannot ask ${request.name}: it has no answer after ${limitMs} ms (timeoutMs of step "${step}")`,
        ),
    });
  }

  close(): void {
    this.#http?.close();
  }

  async #send(first: RemoteRequest, signal: AbortSignal): Promise<unknown> {
    const { maxRedirects = MAX_REDIRECTS, replyLimitBytes = REPLY_LIMIT_BYTES } = this.#options;
    try {
      let request = first;
      for (let followed = 0;; followed++) {
        const response = await this.#fetch(request, signal);
        const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
        if (location === null) {
          return await readAnswer(response, first, { limitBytes: replyLimitBytes, now: this.#scope.clock.now() });
        }
        await response.body?.cancel();
        if (first.isRedirected === false) {
          const to = URL.parse(location, request.url);
          const cure = to === null ? "" : `. If ${shownUrl(to)} is where it is now, give its URL`;
          throw unusable(first, `it redirects (${response.status}), which is not followed${cure}`, response.status);
        }
        if (followed === maxRedirects) {
          throw unusable(first, `it redirects more than ${maxRedirects} times (maxRedirects)`, response.status);
        }
        request = redirected(request, location, response.status);
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof StatusError ? error : networkError(error, first);
    }
  }

  #fetch({ method, url, own, sent, body }: RemoteRequest, signal: AbortSignal): Promise<Response> {
    const headers = new Headers(sent);
    for (const [name, value] of own) headers.set(name, value);
    return fetchPrivately(url, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
      ...(this.#http === undefined ? {} : { client: this.#http }),
    });
  }
}

function open(caCerts: readonly string[]): Deno.HttpClient {
  try {
    return Deno.createHttpClient({ caCerts: [...caCerts] });
  } catch (error) {
    throw new TypeError(`Cannot trust caCerts: ${describeThrown(error).message}`);
  }
}

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The request that a redirect asks for, as browsers make it (WHATWG Fetch, HTTP-redirect fetch). The user's headers stay with the
 * origin that they are meant for, and nothing goes from https to http.
 */
function redirected(request: RemoteRequest, location: string, status: number): RemoteRequest {
  const { url: from, own } = request;
  const url = URL.parse(location, from);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw unusable(request, "it redirects to what is no http or https URL", status);
  }
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw unusable(request, `it redirects from https to ${shownUrl(url)}`, status);
  }
  [url.username, url.password] = ["", ""];
  const isAway = url.origin !== from.origin;
  const kept = isAway ? new Headers([...own].filter(([name]) => OPEN_HEADERS.includes(name))) : own;
  const isGet = status === 303 ? request.method !== "HEAD" : status <= 302 && request.method === "POST";
  if (!isGet) return { ...request, url, own: kept };
  const [plain, sent] = [kept, request.sent].map((headers) => {
    const fewer = new Headers(headers);
    fewer.delete("content-type");
    return fewer;
  }) as [Headers, Headers];
  return { ...request, url, method: "GET", body: undefined, own: plain, sent };
}

/** What fetch or reading the answer failed with, as a failure of the service; nothing of the URL's secrets. */
function networkError(error: unknown, request: RemoteRequest): RemoteError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
  const text = cause ?? describeThrown(error).message;
  const reason = withoutSecrets(/client error \(\w+\): (.+)$/s.exec(text)?.[1] ?? text, request)
    .replace(/\bhttps?:\/\/[^\s)]+/g, "the URL");
  const untrusted = /invalid peer certificate: (.+)$/s.exec(reason)?.[1];
  if (untrusted !== undefined) {
    const cure = untrusted === "UnknownIssuer" ? ". Give the certificate of its issuer as caCerts" : "";
    const message = `Cannot ask ${request.name}: its TLS certificate is not trusted (${untrusted})${cure}`;
    return new RemoteError(502, message, { isTransient: false });
  }
  const isForbidden = error instanceof Deno.errors.NotCapable;
  const isTransient = !isForbidden && !/ports? .* blocked/.test(reason);
  return new RemoteError(isForbidden ? 500 : 502, `Cannot ask ${request.name}: ${reason}`, { isTransient });
}
