import { isDeepStrictEqual } from "node:util";
import { changedField } from "../objects/changed_field.ts";
import { envChanges, isEnvironment } from "../objects/env_changes.ts";
import type { NuclioConfig } from "./nuclio_function.ts";

/** A function: as it is, as it was told to be, and as it is wished. */
export interface ConfigStates {
  readonly is: NuclioConfig;
  /** Undefined where nobody knows. */
  readonly told: NuclioConfig | undefined;
  readonly wished: NuclioConfig;
}

/**
 * What would change in a function, a line each: `spec.image: "a:1" → "a:2"`. What a dashboard adds by itself is left out: only what is
 * wished is compared, and what was told before and is wished no more.
 */
export function configChanges({ is, told, wished }: ConfigStates): string[] {
  return [...compare("", sides(is), told === undefined ? undefined : sides(told), sides(wished))];
}

/** How long Nuclio waits for it is no part of what runs: another deadline alone makes no new pods. */
function sides({ metadata: { labels = {} }, spec: { readinessTimeoutSeconds: _, ...spec } }: NuclioConfig) {
  return { labels, spec };
}

/** Whether functions are to run alike. */
export function areAlike(some: readonly NuclioConfig[], others: readonly NuclioConfig[]): boolean {
  const named = (one: NuclioConfig) => ({ name: one.metadata.name, ...sides(one) });
  return isDeepStrictEqual(some.map(named), others.map(named));
}

function* compare(path: string, is: unknown, told: unknown, wished: unknown): Generator<string> {
  if (isDeepStrictEqual(is, wished)) return;
  if (isEnvironment(path, is, wished)) yield* envChanges(path, is, wished);
  else if (isRecord(is) && isRecord(wished)) {
    const before = isRecord(told) ? told : {};
    for (const name of new Set([...Object.keys(wished), ...Object.keys(before)])) {
      if (!Object.hasOwn(wished, name) && !Object.hasOwn(is, name)) continue;
      yield* compare(path === "" ? name : `${path}.${name}`, is[name], before[name], wished[name]);
    }
  } else if (
    isList(is) && isList(wished) && is.length === wished.length && is.every(isNamed) && wished.every(isNamed)
  ) {
    for (const [index, item] of wished.entries()) {
      const { name } = item as { name: string };
      yield* compare(`${path}[${name}]`, is.find((one) => nameOf(one) === name) ?? is[index], undefined, item);
    }
  } else if (!isEmpty(is) || !isEmpty(wished)) yield changedField(path, is, wished);
}

/** A dashboard leaves out what is empty. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || value === 0 || value === false || isList(value) && value.length === 0 ||
    isRecord(value) && Object.values(value).every(isEmpty);
}

function isNamed(value: unknown): boolean {
  return nameOf(value) !== undefined;
}

function nameOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.name === "string" ? value.name : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
