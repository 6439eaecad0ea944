/** Where a request goes, by its path: the open inference protocol's URLs, which MLRun's model servers share. */

/** What a path asks for. */
export type ModelPath =
  | { readonly kind: "root" }
  | { readonly kind: "health" }
  | { readonly kind: "models" }
  | ModelAddress;

/** A model, or something to do with it. */
export interface ModelAddress {
  readonly kind: "model";
  /** As in the path, percent-decoded; it may hold a version behind a colon, `iris:v2`. */
  readonly name: string;
  readonly version?: string;
  /** `infer`, `ready`, `my_op`; empty where the path ends with the model. */
  readonly operation: string;
}

const PREFIX = "/v2";
/** What paths were read as: servers are asked for few, over and over. */
const KNOWN = new Map<string, ModelPath>();
const KNOWN_PATHS = 10_000; // twice the routes that a router may have
const KNOWN_LETTERS = 500;

const HEALTH = [[], ["live"], ["ready"]];

/**
 * Reads a path: `/`, `/v2/health`, `/v2/models`, `/v2/models/iris/versions/v2/infer`.
 *
 * A trailing slash and empty segments behind the prefix change nothing. Segments are percent-decoded one by one, so that
 * a name may hold a slash (`%2F`); `.` and `..` are names like others.
 *
 * @example A version and an operation
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { matchModelPath } from "./model_path.ts";
 *
 * deepStrictEqual(matchModelPath("/v2/models/iris/versions/v2/infer"), {
 *   kind: "model",
 *   name: "iris",
 *   version: "v2",
 *   operation: "infer",
 * });
 * ```
 *
 * @param prefix What stands before `models` and `health`; default `/v2`.
 * @returns `undefined` for any other path, and for one that is not well-formed percent-encoding.
 */
export function matchModelPath(path: string, prefix = PREFIX): ModelPath | undefined {
  if (prefix !== PREFIX) return match(path, prefix);
  const known = KNOWN.get(path);
  if (known !== undefined) return known;
  const found = match(path, prefix);
  if (found !== undefined && path.length <= KNOWN_LETTERS) {
    if (KNOWN.size >= KNOWN_PATHS) KNOWN.clear(); // a caller may ask for anything
    KNOWN.set(path, found);
  }
  return found;
}

function match(path: string, prefix: string): ModelPath | undefined {
  if (path === "" || path === "/") return { kind: "root" };
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const [head, ...rest] = path.slice(prefix.length + 1).split("/");
  const segments = decodeSegments(rest.filter((segment) => segment !== ""));
  if (segments === undefined) return undefined;
  if (head === "health") return isHealth(segments) ? { kind: "health" } : undefined;
  if (head !== "models") return undefined;
  const [name, ...tail] = segments;
  if (name === undefined) return { kind: "models" };
  const [word, version, ...operation] = tail;
  if (word === "versions" && version !== undefined) {
    return { kind: "model", name, version, operation: operation.join("/") };
  }
  return { kind: "model", name, operation: tail.join("/") };
}

function isHealth(segments: readonly string[]): boolean {
  return HEALTH.some((known) => known.length === segments.length && known.every((word, at) => word === segments[at]));
}

function decodeSegments(segments: string[]): string[] | undefined {
  if (!segments.some((segment) => segment.includes("%"))) return segments;
  try {
    return segments.map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
