import type { ClusterSettings } from "../../settings/cluster_settings.ts";
import type { Release, ReleasedFunction } from "../release.ts";

/** Where the first function answers: for the world where it has an ingress or a route. */
export function outerUrl(release: Release): string {
  const first = release.functions[0]!;
  return outsideUrl(first.cluster) ?? innerUrl(release, first);
}

/** Where the world finds a function; undefined where it does not. */
export function outsideUrl({ ingress, route }: ClusterSettings): string | undefined {
  const isEncrypted = ingress === undefined ? route?.https === true : ingress.tlsSecretName !== undefined;
  const door = ingress ?? route;
  return door === undefined ? undefined : `${isEncrypted ? "https" : "http"}://${door.host}${door.path ?? "/"}`;
}

/** Where a function answers within the cluster. */
export function innerUrl({ namespace }: Release, { objectName, settings: { tls } }: ReleasedFunction): string {
  return `${tls === undefined ? "http" : "https"}://${objectName}.${namespace}.svc`;
}
