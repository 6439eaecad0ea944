/** Requests to a registry (OCI distribution specification 1.1), with what it wants to be shown. */
import { Buffer } from "node:buffer";
import { fetchPrivately } from "../../private_fetch.ts";
import { type Challenge, readChallenges } from "./challenge.ts";
import { type Credentials, findCredentials } from "./credentials.ts";
import { innermost, refusedBy, RegistryError, unreachable } from "./registry_error.ts";

/** How registries are asked. */
export interface RegistryOptions {
  /** Variables of the environment: where logins are. */
  readonly env: (name: string) => string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the second try; doubled each time. Default: 500. */
  readonly pauseMs?: number | undefined;
}

/** One request. */
export interface RegistryRequest {
  /** What this is about, for messages. */
  readonly act: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** How many bytes the answer has, which take their time. Default: few. */
  readonly answerBytes?: number;
  /** Other statuses than 200 to 299 that are an answer and no failure. */
  readonly accepts?: readonly number[];
  /** Whether it is done once only, as who asks tries again in another way. */
  readonly isOnce?: boolean;
}

const TRIES = 5;
const PAUSE_MS = 500;
const TIMEOUT_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 50; // 50 kB a second
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;
const MOST_HOPS = 5;
const HUB_HOST = "registry-1.docker.io";

/** A registry, asked for one repository. */
export class RegistryClient {
  /** As in names of images. */
  readonly registry: string;
  readonly #repository: string;
  readonly #origin: string;
  readonly #scope: string;
  readonly #options: RegistryOptions;
  #authorization: string | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;

  /** Over plain HTTP where it is on this machine's loopback, else over TLS. */
  constructor(
    { registry, repository }: { registry: string; repository: string },
    { actions, ...options }: RegistryOptions & { actions: "pull" | "pull,push" },
  ) {
    this.registry = registry;
    this.#repository = repository;
    const host = registry === "docker.io" ? HUB_HOST : registry;
    this.#origin = `${LOOPBACK.test(registry) ? "http" : "https"}://${host}`;
    this.#scope = `repository:${repository}:${actions}`;
    this.#options = options;
  }

  /** The address of a path. */
  url(path: string): URL {
    return new URL(path, this.#origin);
  }

  /**
   * A place to which the registry sends: none where all on the way could read what goes there.
   *
   * @throws {RegistryError} If it is none.
   */
  place(act: string, location: string, from: URL = this.url("/")): URL {
    const url = URL.parse(location, from);
    const isOpen = url?.protocol === "http:" && LOOPBACK.test(url.host) && this.#origin.startsWith("http:");
    if (url !== null && (url.protocol === "https:" || isOpen)) return url;
    const told = url === null ? "what is no URL" : `${url.protocol}//${url.host}, which is no https URL`;
    throw new RegistryError(`Cannot ${act}: ${this.registry} sends to ${told}`);
  }

  /**
   * Asks; tries again where the registry is busy or the connection breaks.
   *
   * @throws {RegistryError} If it refuses, or is not there.
   */
  async ask(url: URL, request: RegistryRequest): Promise<Response> {
    const { act, accepts = [], isOnce = false } = request;
    for (let attempt = 1;; attempt += 1) {
      const isLast = isOnce || attempt >= TRIES;
      try {
        const response = await this.#askWithLogin(url, request);
        if (response.ok || accepts.includes(response.status)) return response;
        const isTransient = response.status === 429 || response.status >= 500;
        if (!isTransient || isLast) throw await refusedBy(act, this.registry, response);
        await response.body?.cancel();
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if (error instanceof RegistryError) throw error;
        if (isLast || isRefusedConnection(error)) throw unreachable(act, this.registry, error);
      }
      await this.pause(attempt);
    }
  }

  /** Waits before another try. */
  async pause(attempt: number): Promise<void> {
    const { signal, pauseMs = PAUSE_MS } = this.#options;
    await new Promise((resolve) => setTimeout(resolve, pauseMs * 2 ** (attempt - 1)));
    signal?.throwIfAborted();
  }

  async #askWithLogin(url: URL, request: RegistryRequest): Promise<Response> {
    const response = await this.#fetch(url, request);
    if (response.status !== 401) return response;
    const challenges = readChallenges(response.headers.get("www-authenticate") ?? "");
    const authorization = await this.#logIn(request.act, challenges).catch(async (error) => {
      await response.body?.cancel();
      throw error;
    });
    if (authorization === undefined) return response; // it is told what it says
    await response.body?.cancel();
    this.#authorization = authorization;
    return await this.#fetch(url, request);
  }

  /** Goes where the registry sends; who answers there is told no login. */
  async #fetch(url: URL, request: RegistryRequest): Promise<Response> {
    const { act, method = "GET", headers = {}, body, answerBytes = 0 } = request;
    const timeout = AbortSignal.timeout(TIMEOUT_MS + ((body?.length ?? 0) + answerBytes) / SLOWEST_BYTES_PER_MS);
    const signal = AbortSignal.any([timeout, ...this.#options.signal === undefined ? [] : [this.#options.signal]]);
    for (let hop = 0, at = url;; hop++) {
      const isOwn = at.origin === this.#origin; // a place elsewhere has a token of its own
      const authorization = isOwn ? this.#authorization : undefined;
      const response = await fetchPrivately(at, {
        method,
        redirect: "manual",
        headers: { ...headers, ...authorization === undefined ? {} : { authorization } },
        body: body ?? null,
        signal,
      });
      const isSent = response.status === 307 || response.status === 308 ||
        (method === "GET" || method === "HEAD") && [301, 302, 303].includes(response.status);
      const location = isSent ? response.headers.get("location") : null;
      const isStranger = response.status === 401 && !isOwn;
      if (location === null && !isStranger) return response;
      await response.body?.cancel();
      if (location === null) throw strangerAsks(act, this.registry, at);
      if (hop >= MOST_HOPS) throw new RegistryError(`Cannot ${act}: ${this.registry} sends from place to place`);
      at = this.place(act, location, at);
    }
  }

  async #logIn(act: string, challenges: readonly Challenge[]): Promise<string | undefined> {
    const credentials = await (this.#credentials ??= findCredentials(this.registry, this.#options.env, {
      repository: this.#repository,
    }));
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return `Bearer ${await this.#token(act, bearer.params, credentials)}`;
    const isBasic = challenges.some(({ scheme }) => scheme === "basic");
    return isBasic && credentials !== undefined && "user" in credentials ? basic(credentials) : undefined;
  }

  async #token(
    act: string,
    { realm = "", service, scope = this.#scope }: Readonly<Record<string, string>>,
    credentials: Credentials | undefined,
  ): Promise<string> {
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url === undefined || url.protocol !== "https:" && !LOOPBACK.test(url.host)) {
      throw new RegistryError(`Cannot ${act}: ${this.registry} sends who logs in to "${realm}", which is no https URL`);
    }
    const about = { ...service === undefined ? {} : { service }, scope };
    const response = await (credentials !== undefined && "refreshToken" in credentials
      ? this.#post(url, {
        ...about,
        grant_type: "refresh_token",
        client_id: "levada",
        refresh_token: credentials.refreshToken,
      })
      : this.#get(url, about, credentials)).catch((error) => {
        throw unreachable(act, url.host, error);
      });
    if (!response.ok) throw await refusedBy(`${act}: log in`, this.registry, response);
    const answer = await response.json().catch(() => ({})) as { token?: unknown; access_token?: unknown };
    const token = answer.token ?? answer.access_token;
    if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new RegistryError(`Cannot ${act}: ${url.host} answers the login without a token`);
  }

  #get(url: URL, about: Readonly<Record<string, string>>, credentials: Credentials | undefined): Promise<Response> {
    const asked = new URL(url);
    for (const [name, value] of Object.entries(about)) asked.searchParams.set(name, value);
    const headers = credentials !== undefined && "user" in credentials
      ? { authorization: basic(credentials) }
      : undefined;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return fetchPrivately(asked, { redirect: "manual", headers: headers ?? {}, signal });
  }

  #post(url: URL, form: Readonly<Record<string, string>>): Promise<Response> {
    return fetchPrivately(url, {
      method: "POST",
      redirect: "manual", // else the login goes wherever it sends
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }
}

function strangerAsks(act: string, registry: string, { host }: URL): RegistryError {
  return new RegistryError(
    `Cannot ${act}: ${registry} sends to ${host}, which asks for a login (401): that of ${registry} goes to no other`,
    { status: 401 },
  );
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function isRefusedConnection(error: unknown): boolean {
  return /connection refused|dns error/i.test(innermost(error));
}
