import { setTimeout as pause } from "node:timers/promises";
import type { ClusterAccess, ClusterPlace } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { whyUnknown } from "./credential_end.ts";
import { TimeBound } from "./time_bound.ts";
import { toldBy } from "./told_by.ts";
import { wayError } from "./way_error.ts";

/** One request to an API server. */
export interface ClusterRequest {
  /** What it is for, for messages: `read Deployment "iris"`. */
  readonly act: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly type?: string;
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in milliseconds; of `open()`, until the answer begins. Default 30,000; 0 for as long as it takes. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const LARGEST_ANSWER = 256 * 1024 * 1024;
const LARGEST_REFUSAL = 1024 * 1024; // more of it tells nobody more
const TRIES = 5; // of a server that asks to come back later
const LONGEST_PAUSE_S = 10;
const HEADER_VALUE = /^[\x20-\x7e]+$/;

/** The API server of a cluster: requests with certificates and tokens, each error told in words. */
export class ClusterClient implements Disposable {
  /** Which cluster it is. */
  readonly access: ClusterPlace;
  readonly #access: ClusterAccess;
  readonly #client: Deno.HttpClient;

  /** Nothing is asked yet. */
  constructor(access: ClusterAccess) {
    const { name, server, namespace, authority, certificate, proxy } = access;
    this.access = { name, server, namespace };
    this.#access = access;
    try {
      this.#client = Deno.createHttpClient({
        http2: false, // in HTTP/2 one connection that has gone silent holds up every request after it
        ...authority === undefined ? {} : { caCerts: [authority] },
        ...certificate,
        ...proxy === undefined ? {} : { proxy: { url: proxy } },
      });
    } catch (error) {
      const { message } = error as Error;
      throw new ClusterError(`reach cluster "${name}"`, `its certificates, its key or its proxy are none: ${message}`);
    }
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  /**
   * The answer's JSON.
   *
   * @throws {ClusterError} If the server refuses, cannot be reached, or does not answer in time.
   */
  async json<Answer>(request: ClusterRequest): Promise<Answer> {
    using bound = new TimeBound(request.timeoutMs ?? TIMEOUT_MS, request.signal);
    const response = await this.#asked(request, bound.signal);
    const bytes = await this.#bytes(request, response);
    const value = objectOf(bytes);
    if (value !== undefined) return value as Answer;
    const told = `${this.access.server} answers with no JSON: is it an API server?`;
    throw new ClusterError(request.act, told, { status: response.status });
  }

  /**
   * The answer as it comes, for logs and watches.
   *
   * @throws {ClusterError} If the server refuses or cannot be reached.
   */
  async open(request: ClusterRequest): Promise<Response> {
    using bound = new TimeBound(request.timeoutMs ?? TIMEOUT_MS, request.signal);
    return await this.#asked(request, bound.signal);
  }

  /** Asks until it is done or refused: anew with another token, or later where the server says so. */
  async #asked(request: ClusterRequest, signal: AbortSignal): Promise<Response> {
    const { act } = request;
    let authorization = await this.#authorization(act);
    for (let tries = 1;; tries++) {
      const response = await this.#fetch(request, authorization, signal);
      if (response.ok) return response;
      const { status } = response;
      const text = decode(await this.#bytes(request, response, LARGEST_REFUSAL));
      if (status === 401 && tries === 1 && authorization !== undefined) {
        const before = authorization;
        authorization = await this.#authorization(act, true);
        if (authorization !== before) continue;
      }
      const laterMs = (status === 429 || status === 503) && tries < TRIES ? laterOf(response) : undefined;
      const isLater = laterMs !== undefined && await pause(laterMs, true, { signal }).catch(() => false);
      request.signal?.throwIfAborted();
      if (isLater) continue;
      const credential = whyUnknown(authorization, this.#access.certificate?.cert);
      throw toldBy(act, this.access, { status, text, credential });
    }
  }

  async #authorization(act: string, wasRefused = false): Promise<string | undefined> {
    const authorization = await this.#access.authorization?.(wasRefused);
    if (authorization === undefined || HEADER_VALUE.test(authorization)) return authorization;
    throw new ClusterError(
      act,
      `the token for cluster "${this.access.name}" has letters that no token has, as a line's end`,
    );
  }

  async #fetch(
    { method = "GET", act, path, body, type = "application/json", signal: outer }: ClusterRequest,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const headers = {
      accept: "application/json, */*",
      "user-agent": "levada",
      ...body === undefined ? {} : { "content-type": type },
    };
    const said = body === undefined ? {} : { body: JSON.stringify(body) };
    return await this.#send(
      { act, path, signal: outer },
      { method, signal, redirect: "error", headers, ...said },
      authorization,
    );
  }

  async #send(
    { act, path, signal: outer }: Pick<ClusterRequest, "act" | "path" | "signal">,
    { headers, ...init }: RequestInit & { readonly headers: Readonly<Record<string, string>> },
    authorization: string | undefined,
  ): Promise<Response> {
    try {
      return await fetch(this.access.server + path, {
        client: this.#client,
        ...init,
        headers: { ...headers, ...authorization === undefined ? {} : { authorization } },
      });
    } catch (error) {
      outer?.throwIfAborted();
      throw wayError(act, this.access, error as Error);
    }
  }

  /**
   * What a Service's pods answer, whatever that is: they are asked through the API server.
   *
   * @throws {ClusterError} If the server refuses that, cannot be reached, or does not answer in time; or the answer is larger than 256 MiB.
   */
  async pass(
    request: Pick<ClusterRequest, "act" | "path" | "timeoutMs" | "signal">,
    init: Pick<RequestInit, "method" | "body"> & { readonly headers: Readonly<Record<string, string>> },
  ): Promise<{ readonly status: number; readonly type: string | null; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const { act } = request;
    using bound = new TimeBound(request.timeoutMs ?? TIMEOUT_MS, request.signal);
    let authorization = await this.#authorization(act);
    for (let tries = 1;; tries++) {
      const asked = { ...init, redirect: "manual", signal: bound.signal } as const;
      const response = await this.#send(request, asked, authorization);
      const bytes = await this.#bytes(request, response);
      const { status } = response;
      if (!isRefusal(status, bytes)) return { status, type: response.headers.get("content-type"), bytes };
      if (status === 401 && tries === 1 && authorization !== undefined) {
        const before = authorization;
        authorization = await this.#authorization(act, true);
        if (authorization !== before) continue;
      }
      const credential = whyUnknown(authorization, this.#access.certificate?.cert);
      throw toldBy(act, this.access, { status, text: decode(bytes), credential });
    }
  }

  /** The body; only its beginning where it is a refusal that is larger than that. */
  async #bytes(
    { act, signal }: Pick<ClusterRequest, "act" | "signal">,
    response: Response,
    most = LARGEST_ANSWER,
  ): Promise<Uint8Array<ArrayBuffer>> {
    let size = 0;
    const parts: BlobPart[] = [];
    try {
      for await (const part of response.body ?? []) {
        parts.push(part as BlobPart);
        if ((size += part.length) <= most) continue;
        if (most === LARGEST_REFUSAL) break;
        throw new ClusterError(act, `the answer is larger than ${most} bytes`);
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof ClusterError ? error : wayError(act, this.access, error as Error);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The object that an answer is; undefined where it is none. */
function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(decode(bytes));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is the API server that refuses, and not the function that answers so. */
function isRefusal(status: number, bytes: Uint8Array): boolean {
  if (status < 400 || bytes.length > LARGEST_REFUSAL) return false;
  const told = objectOf(bytes);
  return told?.kind === "Status" && told.apiVersion === "v1" && told.status === "Failure" && told.code === status;
}

/** In how many milliseconds the server wants to be asked again; undefined where it does not say, or too late to wait for. */
function laterOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return seconds <= LONGEST_PAUSE_S ? seconds * 1000 : undefined;
}
