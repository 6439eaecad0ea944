import { ClusterError } from "./cluster_error.ts";
import type { ClusterObject } from "./cluster_object.ts";

/**
 * The objects of a list. One that is empty may say `null`, as Go writes it.
 *
 * @throws {ClusterError} If it is no list of objects.
 */
export function itemsOf(act: string, { items }: { readonly items?: unknown }): readonly ClusterObject[] {
  if (items === undefined || items === null) return [];
  if (Array.isArray(items) && items.every(isObject)) return items;
  throw new ClusterError(act, "the answer is no list of objects: is it an API server?");
}

/** Whether it has at least the name of an object, or none yet, as a bookmark. */
export function isObject(value: unknown): value is ClusterObject {
  if (typeof value !== "object" || value === null) return false;
  const { metadata } = value as Partial<ClusterObject>;
  return typeof metadata === "object" && metadata !== null && isText(metadata.name) && isText(metadata.resourceVersion);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
