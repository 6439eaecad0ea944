import { StatusError } from "../../errors.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { isObject } from "../../protocol/request_body.ts";
import type { ApiOptions } from "./api_options.ts";
import { type Endpoint, readEndpoint, type ReadField } from "./endpoint.ts";

/** A request whose path and method the function answers. */
export interface Admitted {
  /**
   * The event with what the request gives by name.
   *
   * @throws {StatusError} 422 if the body lacks what it must have, 400 if one name is given twice.
   */
  read(event: FlowEvent, query: URLSearchParams): FlowEvent;
  /**
   * The reply as the caller gets it.
   *
   * @throws {StatusError} 422 if the reply lacks what it must have.
   */
  write(reply: unknown): unknown;
}

/** Decides which requests a function answers, reads values of them by name, and picks those of a reply that callers get. */
export class ApiHandler {
  readonly #endpoints: readonly Endpoint[];
  readonly #includesUrl: boolean;

  /**
   * Reads the endpoints.
   *
   * @throws {TypeError} If one is not what it should be, or two are the same.
   */
  constructor({ endpoints, includeUrlInfo = false }: ApiOptions) {
    this.#endpoints = endpoints.map(readEndpoint).sort((a, b) => b.rank - a.rank);
    this.#includesUrl = includeUrlInfo;
    const seen = new Map<string, Endpoint>();
    for (const endpoint of this.#endpoints) {
      const key = `${endpoint.method} ${endpoint.shape}`;
      const other = seen.get(key);
      if (other !== undefined) {
        throw new TypeError(`Cannot answer ${endpoint.method} ${endpoint.path}: ${other.path} is the same path`);
      }
      seen.set(key, endpoint);
    }
  }

  /**
   * Decides on a request by its method and path; HEAD is GET.
   *
   * @throws {StatusError} 404 for another path, 405 for another method of it, 403 where it is forbidden.
   */
  admit(method: string, path: string): Admitted {
    const segments = segmentsOf(path);
    const asked = method === "HEAD" ? "GET" : method;
    const fitting = segments === undefined ? [] : this.#endpoints.flatMap((endpoint) => {
      const named = endpoint.match(segments);
      return named === undefined ? [] : [{ endpoint, named }];
    });
    const matches = fitting.filter(({ endpoint }) => endpoint.method === asked);
    const [first] = matches;
    if (first === undefined) {
      if (fitting.length === 0) {
        throw new StatusError(404, `Cannot find ${method} ${path}: it is no path of this function`);
      }
      const methods = [...new Set(fitting.map(({ endpoint }) => endpoint.method))];
      throw new StatusError(405, `Cannot ask ${path} with method ${method}: use ${methods.join(" or ")}`, {
        allow: methods,
      });
    }
    if (first.endpoint.isForbidden) throw new StatusError(403, `Cannot answer ${method} ${path}: it is forbidden`);
    const endpoints = matches.map(({ endpoint }) => endpoint);
    const input = merged(endpoints.map(({ input }) => input));
    const output = merged(endpoints.map(({ output }) => output));
    return {
      read: (event, query) => {
        const given = new Map<string, readonly [source: string, value: unknown]>();
        give(given, "path", Object.entries(first.named));
        give(given, "query", queryOf(query));
        give(given, "body", valuesOf(event.body, input, "the body"));
        const values = [...given].map(([name, [, value]]) => [name, value] as const);
        const url = this.#includesUrl
          ? [["mlrun_request_path", `/${segments!.join("/")}`], ["mlrun_request_method", event.method]]
          : [];
        return event.withGiven(Object.fromEntries([...values, ...url]));
      },
      write: (reply) => writeReply(reply, output),
    };
  }
}

/** A path's segments, percent-decoded; undefined where it cannot be. */
function segmentsOf(path: string): string[] | undefined {
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return undefined; // no well-formed percent-encoding
  }
}

/** The fields of all endpoints that fit; where two have one name, that of the more exact. */
function merged(fields: readonly (readonly ReadField[])[]): ReadField[] {
  return [...new Map(fields.toReversed().flat().map((field) => [field.name, field])).values()];
}

function queryOf(query: URLSearchParams): [string, string | string[]][] {
  return [...new Set(query.keys())].map((name) => {
    const values = query.getAll(name);
    return [name, values.length === 1 ? values[0]! : values];
  });
}

function give(
  given: Map<string, readonly [source: string, value: unknown]>,
  source: string,
  values: readonly (readonly [name: string, value: unknown])[],
): void {
  for (const [name, value] of values) {
    const other = given.get(name)?.[0];
    if (other !== undefined) {
      throw new StatusError(400, `Cannot read "${name}" of the request: its ${other} and its ${source} both give one`);
    }
    given.set(name, [source, value]);
  }
}

/** The fields that a body has. */
function valuesOf(body: unknown, fields: readonly ReadField[], what: string): [string, unknown][] {
  const lacking = fields.filter(({ mandatory }) => mandatory).map(({ name }) => name);
  if (!isObject(body)) {
    if (lacking.length === 0) return [];
    throw new StatusError(422, `Cannot read ${lacking.join(", ")}: ${what} is no object`);
  }
  return fields.flatMap(({ name, path, mandatory }) => {
    const found = path.find(body);
    if (found.length > 0) return [[name, path.isMany ? found : found[0]] as [string, unknown]];
    if (mandatory) throw new StatusError(422, `Cannot read "${name}": ${what} does not have it`);
    return [];
  });
}

function writeReply(reply: unknown, fields: readonly ReadField[]): unknown {
  if (fields.length === 0 || reply instanceof Response) return reply;
  const values = valuesOf(reply, fields, "the reply");
  if (!isObject(reply)) return reply;
  return { ...Object.fromEntries(fields.map(({ name }) => [name, null])), ...Object.fromEntries(values) };
}
