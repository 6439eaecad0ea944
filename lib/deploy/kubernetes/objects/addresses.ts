import type { Release, ReleasedFunction } from "../release.ts";

/** Where the first function answers: for the world where it has an ingress. */
export function outerUrl(release: Release): string {
  const [first] = release.functions;
  const { ingress } = first!.cluster;
  if (ingress === undefined) return innerUrl(release, first!);
  return `${ingress.tlsSecretName === undefined ? "http" : "https"}://${ingress.host}${ingress.path ?? "/"}`;
}

/** Where a function answers within the cluster. */
export function innerUrl({ namespace }: Release, { objectName, settings: { tls } }: ReleasedFunction): string {
  return `${tls === undefined ? "http" : "https"}://${objectName}.${namespace}.svc`;
}
