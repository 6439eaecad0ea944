import type { ClusterSettings } from "./cluster_settings.ts";
import type { ProcessSettings } from "./process_settings.ts";

/** What does not go together of how the world finds a function: a sentence each. */
export function faultsOfOutside(
  { ingress, route, from }: ClusterSettings,
  { tls }: Pick<ProcessSettings, "tls">,
): string[] {
  const faults: string[] = [];
  for (const [name, door] of Object.entries({ ingress, route })) {
    if (door === undefined || door.from !== undefined || !Array.isArray(from)) continue;
    faults.push(
      `cluster.from names who may ask it, and who hands the requests of its ${name} on is none of these. Name the namespace where that ` +
        `stands, ${name}: { from: [{ "kubernetes.io/metadata.name": "…" }] }, or let everybody in, from: "any"`,
    );
  }
  if (ingress?.path !== undefined && ingress.path !== "/" && ingress.annotations === undefined) {
    faults.push(
      `cluster.ingress.path is ${ingress.path}, which an Ingress leaves on: its steps would see ${ingress.path}/…, and /v2 and /metrics ` +
        "would not be found. Say in cluster.ingress.annotations how its controller takes it off, {} where it may stay; a route takes it off",
    );
  }
  if (ingress !== undefined && tls !== undefined && ingress.annotations === undefined) {
    faults.push(
      "cluster.ingress beside serve.tls: its controller would ask it by http. Say in cluster.ingress.annotations that it is https, such as " +
        '{ "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" }, or leave serve.tls out: tlsSecretName is for who comes from outside',
    );
  }
  if (route !== undefined && tls !== undefined) {
    faults.push(
      "cluster.route beside serve.tls: a Gateway would ask it by http. Leave serve.tls out: its listener has the certificate",
    );
  }
  return faults;
}
