import type { DashboardAccess } from "./dashboard_access.ts";
import { DashboardError } from "./dashboard_error.ts";
import { failureIn } from "./failure_text.ts";
import type { NuclioConfig, NuclioFunction } from "./nuclio_function.ts";
import { hasLabels, readFunction } from "./read_function.ts";

/** One request to a dashboard. */
interface DashboardRequest {
  /** What it is for, for messages: `read function "iris"`. */
  readonly act: string;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query, below the dashboard's url. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** How the log of a replica is read. */
export interface LogWish {
  /** So many of the last lines at most. Default: all. */
  readonly lines?: number | undefined;
  /** Whether it goes on as lines are written. Default false. */
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 30_000;
const WRITE_MS = 90_000; // a dashboard answers when the state has changed, for which it waits a minute
const LARGEST_ANSWER = 64 * 1024 * 1024;
const LARGEST_ERROR = 64 * 1024;

/** A dashboard's REST interface, each answer bounded in time and size, each error in words. */
export class DashboardClient {
  readonly #access: DashboardAccess;
  readonly #base: string;

  /**
   * Nothing is asked yet.
   *
   * @throws {DashboardError} If the url is none.
   */
  constructor(access: DashboardAccess) {
    this.#access = access;
    this.#base = baseOf(access.url);
  }

  /** A function; undefined where there is none. */
  async read(name: string, signal?: AbortSignal): Promise<NuclioFunction | undefined> {
    const act = `read function "${name}"`;
    try {
      return readFunction(act, await this.#json({ act, path: pathOf(name), signal }));
    } catch (error) {
      if (error instanceof DashboardError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Every function of a project that has these labels; others may be of any form. */
  async list(project: string, { labels = {}, signal }: ListOptions = {}): Promise<NuclioFunction[]> {
    const act = `list the functions of project "${project}"`;
    const headers = { "x-nuclio-project-name": project };
    const answer = await this.#json({ act, path: "/api/functions", headers, signal });
    if (!isRecord(answer)) throw strange(act, this.#base, "no list of functions");
    return Object.values(answer).filter((one) => hasLabels(one, labels)).map((one) => readFunction(act, one));
  }

  /** Whether there is a project of this name. */
  async hasProject(name: string, signal?: AbortSignal): Promise<boolean> {
    const act = `look for project "${name}"`;
    try {
      await this.#json({
        act,
        path: `/api/projects/${encodeURIComponent(name)}`,
        headers: this.#projectHeaders,
        signal,
      });
      return true;
    } catch (error) {
      if (error instanceof DashboardError && error.status === 404) return false;
      throw error;
    }
  }

  /** Makes a function that is not there; it is not ready then. */
  async create(config: NuclioConfig, signal?: AbortSignal): Promise<void> {
    const act = `create function "${config.metadata.name}"`;
    await this.#done({ act, method: "POST", path: "/api/functions", body: config, signal, timeoutMs: WRITE_MS });
  }

  /** Has a function be otherwise, whole; it is not ready then. With the version that was read, nothing that has come since is lost. */
  async replace(config: NuclioConfig, signal?: AbortSignal): Promise<void> {
    const { name } = config.metadata;
    const act = `change function "${name}"`;
    await this.#done({ act, method: "PUT", path: pathOf(name), body: config, signal, timeoutMs: WRITE_MS });
  }

  /**
   * Removes a function, and all that was made of it; nothing where there is none. `force`: also while it is being made ready; `version`: only
   * as it was read.
   */
  async remove(name: string, { force = false, version, signal }: RemoveOptions = {}): Promise<void> {
    const namespace = this.#access.namespace === undefined ? {} : { namespace: this.#access.namespace };
    await this.#done({
      act: `delete function "${name}"`,
      method: "DELETE",
      path: "/api/functions",
      body: { metadata: { name, ...namespace, ...version === undefined ? {} : { resourceVersion: version } } },
      headers: force ? { "x-nuclio-delete-function-ignore-state-validation": "true" } : {},
      signal,
    });
  }

  /** The names of a function's pods. */
  async replicas(name: string, signal?: AbortSignal): Promise<string[]> {
    const act = `ask for the replicas of function "${name}"`;
    const answer = await this.#json({ act, path: `${pathOf(name)}/replicas`, signal });
    const names = isRecord(answer) ? answer.names ?? [] : undefined;
    if (Array.isArray(names) && names.every((one) => typeof one === "string")) return names;
    throw strange(act, this.#base, "no list of replicas");
  }

  /** What a pod of a function has written, as it comes. */
  async log(name: string, replica: string, { lines, follow = false, signal }: LogWish = {}): Promise<Response> {
    const query = new URLSearchParams({ follow: String(follow) }); // it follows by default, for ever
    if (lines !== undefined) query.set("tailLines", String(lines));
    return await this.#open({
      act: `read the log of function "${name}"`,
      path: `${pathOf(name)}/logs/${encodeURIComponent(replica)}?${query}`,
      signal,
      ...follow ? { timeoutMs: 0 } : {},
    });
  }

  async #json(request: DashboardRequest): Promise<unknown> {
    const text = await readText(request.act, this.#base, await this.#open(request), LARGEST_ANSWER);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new DashboardError(request.act, `${this.#base} answers with no JSON: is it Nuclio's dashboard?`, {
        cause: error,
      });
    }
  }

  async #done(request: DashboardRequest): Promise<void> {
    await (await this.#open(request)).body?.cancel();
  }

  async #open(request: DashboardRequest): Promise<Response> {
    const { act, method = "GET", path, body, headers = {}, signal, timeoutMs = this.#access.timeoutMs ?? TIMEOUT_MS } =
      request;
    const { namespace, authorization } = this.#access;
    const signals = [signal, timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs)]
      .filter((one) => one !== undefined);
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        redirect: "manual",
        headers: {
          accept: "application/json",
          ...namespace === undefined ? {} : { "x-nuclio-function-namespace": namespace },
          ...authorization === undefined ? {} : { authorization: authorization() },
          ...body === undefined ? {} : { "content-type": "application/json" },
          ...headers,
        },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
        ...signals.length === 0 ? {} : { signal: AbortSignal.any(signals) },
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw lost(act, this.#base, error as Error);
    }
    if (response.ok) return response;
    const text = await readText(act, this.#base, response, LARGEST_ERROR).catch(() => "");
    throw refused(act, this.#base, response.status, text);
  }

  get #projectHeaders(): Record<string, string> {
    const { namespace } = this.#access;
    return namespace === undefined ? {} : { "x-nuclio-project-namespace": namespace };
  }
}

/** Which functions are listed. */
export interface ListOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** How a function is removed. */
export interface RemoveOptions {
  readonly force?: boolean;
  readonly version?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

function pathOf(name: string): string {
  return `/api/functions/${encodeURIComponent(name)}`;
}

function baseOf(url: string): string {
  const act = "reach a Nuclio dashboard";
  const { protocol, username, password, href, search, hash } = URL.parse(url) ??
    failed(new DashboardError(act, `"${url}" is no url; it is one as in http://nuclio-dashboard.nuclio:8070`));
  if (protocol !== "http:" && protocol !== "https:") {
    throw new DashboardError(act, `its url begins with ${protocol}; it is asked by http: or https:`);
  }
  if (username !== "" || password !== "") {
    throw new DashboardError(act, "its url has a user or a password in it; name a secret by `token` instead");
  }
  if (search !== "" || hash !== "") {
    throw new DashboardError(act, `its url ends with "${search}${hash}"; leave that out`);
  }
  return href.replace(/\/+$/, "");
}

function failed(error: Error): never {
  throw error;
}

function refused(act: string, base: string, status: number, text: string): DashboardError {
  if (status >= 300 && status < 400) {
    return new DashboardError(act, `${base} sends elsewhere (${status}): does it ask for a login?`, { status });
  }
  const hint = status === 401 || status === 403 ? ". Name a secret that it takes by `token`" : "";
  return new DashboardError(act, `${base} answers ${status}: ${failureIn(text) || "without a word"}${hint}`, {
    status,
  });
}

function lost(act: string, base: string, error: Error): DashboardError {
  const isLate = error.name === "TimeoutError";
  const why = isLate
    ? "it does not answer in time"
    : error.message.replace(/^error sending request for url \([^)]*\): /, "");
  return new DashboardError(act, `no answer of ${base}: ${why}`, { cause: error });
}

function strange(act: string, base: string, what: string): DashboardError {
  return new DashboardError(act, `${base} answers with ${what}: is it Nuclio's dashboard?`);
}

async function readText(act: string, base: string, response: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      parts.push(part);
      if ((size += part.length) > most) break;
    }
  } catch (error) {
    throw lost(act, base, error as Error);
  }
  if (size > most) throw new DashboardError(act, `${base} answers with more than ${most} bytes`);
  return new TextDecoder().decode(await new Blob(parts as BlobPart[]).arrayBuffer());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
