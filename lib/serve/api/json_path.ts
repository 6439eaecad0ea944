import { Tensor } from "../../tensor/tensor.ts";

/** A path into JSON, read. */
export interface JsonPath {
  /** Whether it may find several values: it has a `*`. */
  readonly isMany: boolean;
  /** Every value that it finds, in the order of the document. */
  find(document: unknown): unknown[];
}

type Part = string | number | typeof EVERY;

const EVERY = Symbol("*");
const PART = /^(?:\.(\*|[\p{L}_$][\p{L}\p{N}_$-]*)|\[(?:(\*)|(\d{1,9})|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\])/u;

/**
 * Reads a path of JSONPath (RFC 9535) that goes down: `$.user.name`, `$.rows[0]`, `$.rows[*].id`, `$['odd name']`. Filters, slices and `..`
 * are refused: what they would find, a step of the graph finds as well, where one can see it.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { readJsonPath } from "./json_path.ts";
 *
 * deepStrictEqual(readJsonPath("$.rows[*].id").find({ rows: [{ id: 1 }, {}, { id: 3 }] }), [1, 3]);
 * ```
 *
 * @throws {SyntaxError} If it is no such path.
 */
export function readJsonPath(text: string): JsonPath {
  const parts = text.startsWith("$") ? partsOf(text.slice(1)) : undefined;
  if (parts === undefined) {
    throw new SyntaxError(
      `Cannot read JSONPath "${text}": it is $ with .name, ['name'], [0], [*] or .* behind, such as $.rows[*].id`,
    );
  }
  return {
    isMany: parts.includes(EVERY),
    find: (document) =>
      parts.reduce<unknown[]>((found, part) => found.flatMap((value) => below(value, part)), [document]),
  };
}

function partsOf(text: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let left = text; left !== "";) {
    const match = PART.exec(left);
    if (match === null) return undefined;
    const [whole, name, every, index, single, double] = match;
    if (name === "*" || every !== undefined) parts.push(EVERY);
    else if (index !== undefined) parts.push(Number(index));
    else parts.push(name ?? (single ?? double)!.replace(/\\(.)/g, "$1"));
    left = left.slice(whole.length);
  }
  return parts;
}

function below(value: unknown, part: Part): unknown[] {
  if (value instanceof Tensor && part === "data") return [value.values()]; // as the wire has it
  if (typeof value !== "object" || value === null) return [];
  if (part === EVERY) return Object.values(value);
  if (isList(value)) return typeof part === "number" && part < value.length ? [value[part]] : [];
  return typeof part === "string" && Object.hasOwn(value, part) ? [(value as Record<string, unknown>)[part]] : [];
}

/** Lists, and typed arrays. */
function isList(value: object): value is ArrayLike<unknown> & object {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
