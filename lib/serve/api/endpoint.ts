import type { ApiEndpoint, ApiField } from "./api_options.ts";
import { type JsonPath, readJsonPath } from "./json_path.ts";

/** A field that is read by its name. */
export interface ReadField {
  readonly name: string;
  readonly path: JsonPath;
  readonly mandatory: boolean;
}

/** An endpoint, read. */
export interface Endpoint {
  readonly path: string;
  readonly method: string;
  readonly isForbidden: boolean;
  readonly input: readonly ReadField[];
  readonly output: readonly ReadField[];
  /** How exact it is: the larger, the more. */
  readonly rank: number;
  /** What two endpoints of one method may not share: the path with its names left out. */
  readonly shape: string;
  /** The named segments of a path that fits, percent-decoded; undefined where it does not fit. */
  match(segments: readonly string[]): Readonly<Record<string, string>> | undefined;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const EXACT = 1_000_000;
const NAMED = 100_000;

/**
 * Reads what was said of an endpoint.
 *
 * @throws {TypeError} If path, method, action or a field is not what it should be.
 */
export function readEndpoint(
  { path, method = "POST", action = "allow", input = {}, output = {} }: ApiEndpoint,
): Endpoint {
  const refuse = (why: string) => new TypeError(`Cannot answer ${method} ${path}: ${why}`);
  if (typeof path !== "string" || !path.startsWith("/")) throw refuse("a path begins with /");
  if (!METHODS.includes(method)) throw refuse(`methods are ${METHODS.join(", ")}`);
  if (action !== "allow" && action !== "forbid") throw refuse(`its action is "allow" or "forbid"`);
  const segments = path.slice(1).split("/");
  const star = segments.indexOf("*");
  if (path.includes("*") && (star !== segments.length - 1 || path.indexOf("*") !== path.length - 1)) {
    throw refuse("* is the last segment, and stands alone");
  }
  const names = segments.map(nameOf);
  const named = names.filter((name) => name !== undefined);
  if (new Set(named).size < named.length) throw refuse("two of its segments have one name");
  if (segments.some((segment, at) => names[at] === undefined && /[{}]/.test(segment))) {
    throw refuse("a named segment is {name}, and nothing else");
  }
  return {
    path,
    method,
    isForbidden: action === "forbid",
    input: fieldsOf(input, refuse),
    output: fieldsOf(output, refuse),
    rank: star >= 0 ? path.length : named.length > 0 ? NAMED - named.length : EXACT,
    shape: segments.map((segment, at) => names[at] === undefined ? segment : "{}").join("/"),
    match: (given) => star >= 0 ? below(segments.slice(0, -1), given) : fitted(segments, names, given),
  };
}

function nameOf(segment: string): string | undefined {
  return /^\{([^{}]+)\}$/.exec(segment)?.[1];
}

/** All that is below: at least one segment that is not empty. */
function below(prefix: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const isBelow = given.length > prefix.length && given[prefix.length] !== "" &&
    prefix.every((segment, at) => segment === given[at]);
  return isBelow ? {} : undefined;
}

function fitted(
  segments: readonly string[],
  names: readonly (string | undefined)[],
  given: readonly string[],
): Record<string, string> | undefined {
  if (given.length !== segments.length) return undefined;
  const found: [string, string][] = [];
  for (const [at, segment] of given.entries()) {
    const name = names[at];
    if (name === undefined ? segment !== segments[at] : segment === "") return undefined;
    if (name !== undefined) found.push([name, segment]);
  }
  return Object.fromEntries(found);
}

function fieldsOf(fields: Readonly<Record<string, ApiField>>, refuse: (why: string) => Error): ReadField[] {
  return Object.entries(fields).map(([name, field]) => {
    const { path, mandatory = false } = typeof field === "string" ? { path: field } : field;
    if (typeof path !== "string") throw refuse(`field "${name}" has no JSONPath, such as $.${name}`);
    return { name, path: readJsonPath(path), mandatory };
  });
}
