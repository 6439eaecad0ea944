import { Secret } from "../stores/secret.ts";

/**
 * Finds the first part of a value that JSON cannot hold as it is, and tells where: `options.dates[2]`.
 * A function may stand at the top: it is referred to by name; a `Secret` anywhere.
 */
export function notJson(value: unknown, path: string, depth = 0): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} (${value})`;
  if (typeof value === "function" && depth === 0) return undefined;
  if (value instanceof Secret) return undefined; // a document has its name
  if (depth > 100) return `${path} (more than 100 levels deep)`;
  if (Array.isArray(value)) {
    return first(value.entries(), (item, index) => notJson(item, `${path}[${index}]`, depth + 1));
  }
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return first(
      Object.entries(value),
      (item, key) => item === undefined ? undefined : notJson(item, `${path}.${key}`, depth + 1),
    );
  }
  return `${path} (${typeof value === "object" ? value.constructor?.name ?? "object" : typeof value})`;
}

function first<Key>(
  entries: Iterable<[Key, unknown]>,
  find: (item: unknown, key: Key) => string | undefined,
): string | undefined {
  for (const [key, item] of entries) {
    const found = find(item, key);
    if (found !== undefined) return found;
  }
  return undefined;
}
