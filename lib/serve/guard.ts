import type { ReplyBody } from "../errors.ts";
import type { Secret } from "../stores/secret.ts";
import { encodeError } from "./reply/encode_reply.ts";
import { HEALTH_PATHS } from "./own/health_paths.ts";

/** Who may ask a server. */
export interface GuardOptions {
  /**
   * Whoever sends one of these as `Authorization: Bearer …` may ask; everybody else is answered 401, but for health paths. Several, so
   * that a new one is valid before the old one is gone. A secret that is a file is read anew when it changes. Default: everybody may.
   */
  tokens?: readonly Secret[];
  /** Origins whose pages a browser lets ask, such as `https://app.example`; `*` for all. Default: none. */
  cors?: readonly string[];
}

const HOST = /^[\w.~%-]+(?::\d{0,5})?$|^\[[\da-f:.%]+\](?::\d{0,5})?$/i; // RFC 9110, 7.2: a name or address, and a port
const FREE = new Set(HEALTH_PATHS.map(({ path }) => path));
const PREFLIGHT_SECONDS = "600";

/** Refuses who may not ask, and tells browsers which pages may. */
export class Guard {
  readonly #tokens: readonly Secret[] | undefined;
  readonly #cors: ReadonlySet<string>;

  constructor({ tokens, cors = [] }: GuardOptions) {
    if (tokens?.length === 0) throw new TypeError("Cannot serve with an empty list of tokens: nobody could ask");
    this.#tokens = tokens;
    this.#cors = new Set(cors);
  }

  /** Whether a token is asked for. */
  get asksTokens(): boolean {
    return this.#tokens !== undefined;
  }

  /** The answer to a request that goes no further; undefined for every other. */
  refuse(request: Request, path: string): Response | undefined {
    const { headers } = request;
    const host = headers.get("host");
    if (host !== null && !HOST.test(host)) {
      return encodeError(400, failure("Cannot read the request: its Host header is neither a name nor an address"));
    }
    if (this.#cors.size > 0 && request.method === "OPTIONS" && headers.has("access-control-request-method")) {
      return new Response(null, { status: 204 });
    }
    return isFree(request.method, path) ? undefined : this.refuseUnknown(request);
  }

  /** The answer to who sends no token of this server's, whatever is asked; undefined where none is needed. */
  refuseUnknown({ headers }: Request): Response | undefined {
    return this.#tokens === undefined
      ? undefined
      : this.#unknown(headers.get(PASSED_ON) ?? headers.get("authorization"));
  }

  /** Whether anything is to be added to answers. */
  get dresses(): boolean {
    return this.#cors.size > 0;
  }

  /** Adds to an answer what a browser wants to know of it. */
  dress(request: Request, response: Response): Response {
    const origin = request.headers.get("origin");
    if (this.#cors.size === 0 || origin === null) return response;
    const isAny = this.#cors.has("*");
    if (!isAny && !this.#cors.has(origin)) return response;
    const dressed = new Response(response.body, response); // the headers of one that was fetched cannot be changed
    const { headers } = dressed;
    headers.set("access-control-allow-origin", isAny ? "*" : origin);
    if (!isAny) headers.append("vary", "origin");
    const asked = request.headers.get("access-control-request-headers");
    if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
      headers.set("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
      if (asked !== null) headers.set("access-control-allow-headers", asked);
      headers.set("access-control-max-age", PREFLIGHT_SECONDS);
    } else headers.set("access-control-expose-headers", "*");
    return dressed;
  }

  /** Whether who sends this as `Authorization` may ask. */
  knows(authorization: string | null): boolean {
    if (this.#tokens === undefined) return true;
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    return token !== undefined && this.#tokens.filter((known) => isToken(known, token)).length > 0;
  }

  #unknown(said: string | null): Response | undefined {
    if (this.knows(said)) return undefined;
    const [error, challenge] = said === null
      ? ["Cannot answer: send Authorization: Bearer with a token", 'Bearer realm="levada"']
      : ["Cannot answer: the token is none of this server's", 'Bearer realm="levada", error="invalid_token"'];
    const response = encodeError(401, failure(error));
    response.headers.set("www-authenticate", challenge);
    return response;
  }
}

/** The same as `Authorization`, for who is asked by way of something that takes that header for itself: a dashboard with a login. */
const PASSED_ON = "x-levada-authorization";

/** Whether the server's health is asked for. With another method such a path is the graph's. */
function isFree(method: string, path: string): boolean {
  return (method === "GET" || method === "HEAD") && FREE.has(path);
}

/** Whether a text is the token; a token whose file is gone is nobody's. */
function isToken(secret: Secret, text: string): boolean {
  try {
    return secret.matches(text);
  } catch {
    return false;
  }
}

function failure(error: string): ReplyBody {
  return { error, id: "" };
}
