import { isDeepStrictEqual } from "node:util";
import type { ClusterObject } from "../cluster/cluster_object.ts";

interface Port {
  readonly name?: string;
  readonly port: number;
}

/**
 * What of an object that pods are found by may come before new pods are ready: what those of before need stays.
 *
 * @param wished As it is to be.
 * @param there As it is; undefined where there is none.
 * @returns It, or what both need; undefined where it has to wait until the new pods are ready.
 */
export function beforeRollout(wished: ClusterObject, there: ClusterObject | undefined): ClusterObject | undefined {
  if (there === undefined) return wished;
  if (wished.kind === "Service") return isOnlyMore(wished, there) ? wished : undefined;
  if (wished.kind === "NetworkPolicy") return allowingBoth(wished, there);
  return wished;
}

/** Whether whoever asks it as it is may go on. */
function isOnlyMore({ spec }: ClusterObject, { spec: before }: ClusterObject): boolean {
  const ports: readonly Port[] = spec.ports;
  const portsBefore: readonly Port[] = before.ports ?? [];
  return isDeepStrictEqual(spec.selector, before.selector) &&
    portsBefore.every(({ name, port }) => ports.some((one) => one.name === name && one.port === port));
}

function allowingBoth(wished: ClusterObject, { spec: { ingress: before = [] } }: ClusterObject): ClusterObject {
  const { spec } = wished;
  const kept = before.filter((rule: unknown) => !spec.ingress.some((one: unknown) => isDeepStrictEqual(one, rule)));
  return kept.length === 0 ? wished : { ...wished, spec: { ...spec, ingress: [...spec.ingress, ...kept] } };
}
