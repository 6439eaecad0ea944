import { isDeepStrictEqual } from "node:util";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import { changedField } from "./changed_field.ts";
import { envChanges, isEnvironment } from "./env_changes.ts";

const SERVERS = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/** What is different in an object, a line each: `spec.replicas: 1 → 3`. What the server keeps for itself is left out. */
export function differences(before: ClusterObject, after: ClusterObject): string[] {
  return [...compare("", ofUsers(before), ofUsers(after))];
}

function ofUsers({ status: _, metadata, ...object }: ClusterObject): Record<string, unknown> {
  return {
    ...object,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !SERVERS.includes(name))),
  };
}

function* compare(path: string, before: unknown, after: unknown): Generator<string> {
  if (isDeepStrictEqual(before, after)) return;
  if (isEnvironment(path, before, after)) yield* envChanges(path, before, after);
  else if (isRecord(before) && isRecord(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* compare(path === "" ? name : `${path}.${name}`, before[name], after[name]);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, value] of before.entries()) {
      yield* compare(`${path}[${nameIn(after[index]) ?? index}]`, value, after[index]);
    }
  } else yield changedField(path, before, after);
}

function nameIn(value: unknown): string | undefined {
  return isRecord(value) && typeof value.name === "string" ? value.name : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
