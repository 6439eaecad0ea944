import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { toldBy, wayError } from "./told_by.ts";

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
  /** How long it may take, in milliseconds. Default 30,000; 0 for as long as it takes. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const LARGEST_ANSWER = 256 * 1024 * 1024;

/** The API server of a cluster: requests with certificates and tokens, each error told in words. */
export class ClusterClient implements Disposable {
  /** How it is reached. */
  readonly access: ClusterAccess;
  readonly #client: Deno.HttpClient;

  /** Nothing is asked yet. */
  constructor(access: ClusterAccess) {
    this.access = access;
    const { authority, certificate, proxy } = access;
    try {
      this.#client = Deno.createHttpClient({
        ...authority === undefined ? {} : { caCerts: [authority] },
        ...certificate,
        ...proxy === undefined ? {} : { proxy: { url: proxy } },
      });
    } catch (error) {
      throw new ClusterError(
        `reach cluster "${access.name}"`,
        `its certificates or its key cannot be read: ${(error as Error).message}`,
      );
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
    const response = await this.open(request);
    const text = await this.#text(request, response);
    try {
      return JSON.parse(text) as Answer;
    } catch (error) {
      throw new ClusterError(request.act, `${this.access.server} answers with no JSON: is it an API server?`, {
        status: response.status,
        cause: error,
      });
    }
  }

  /**
   * The answer as it comes, for logs and watches.
   *
   * @throws {ClusterError} If the server refuses or cannot be reached.
   */
  async open(
    { act, method = "GET", path, body, type = "application/json", signal, timeoutMs = TIMEOUT_MS }: ClusterRequest,
  ): Promise<Response> {
    const authorization = await this.access.authorization?.();
    const signals = [signal, timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs)].filter((one) =>
      one !== undefined
    );
    let response: Response;
    try {
      response = await fetch(this.access.server + path, {
        client: this.#client,
        method,
        redirect: "error",
        headers: {
          accept: "application/json",
          ...body === undefined ? {} : { "content-type": type },
          ...authorization === undefined ? {} : { authorization },
        },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
        ...signals.length === 0 ? {} : { signal: AbortSignal.any(signals) },
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw wayError(act, this.access, error as Error);
    }
    if (response.ok) return response;
    throw toldBy(act, this.access, response.status, await this.#text({ act, path }, response));
  }

  async #text({ act }: ClusterRequest, response: Response): Promise<string> {
    let size = 0;
    const parts: Uint8Array[] = [];
    try {
      for await (const part of response.body ?? []) {
        parts.push(part);
        if ((size += part.length) > LARGEST_ANSWER) {
          throw new ClusterError(act, `the answer is larger than ${LARGEST_ANSWER} bytes`);
        }
      }
    } catch (error) {
      throw error instanceof ClusterError ? error : wayError(act, this.access, error as Error);
    }
    return new TextDecoder().decode(await new Blob(parts as BlobPart[]).arrayBuffer());
  }
}
