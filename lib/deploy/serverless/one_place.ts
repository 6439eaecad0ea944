/** Functions that run apart elsewhere, in one pod. */

import { isDeepStrictEqual } from "node:util";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";

type Environment = Readonly<Record<string, string>>;

/** What all of them find in their environment, and which names mean another thing to one than to another. */
export function oneEnvironment(places: readonly (readonly [name: string, place: { readonly env?: Environment }])[]): {
  readonly env: Environment;
  readonly faults: readonly string[];
} {
  const env: Record<string, string> = {};
  const owners = new Map<string, string>();
  const faults: string[] = [];
  for (const [owner, place] of places) {
    for (const [name, value] of Object.entries(place.env ?? {})) {
      const other = owners.get(name);
      if (other === undefined) {
        owners.set(name, owner);
        env[name] = value;
      } else if (env[name] !== value) { // neither value is told: it may be a secret
        faults.push(`env ${name} is one value for ${other} and another for ${owner}, and both run in one process`);
      }
    }
  }
  return { env, faults };
}

/** The secrets and variables that any of them asks for. */
export function joinedPlaces(clusters: readonly ClusterSettings[]): Pick<ClusterSettings, "secretNames" | "envFrom"> {
  const secretNames = [...new Set(clusters.flatMap((one) => one.secretNames ?? []))];
  const envFrom = new Map(clusters.flatMap((one) => one.envFrom ?? []).map((one) => [JSON.stringify(one), one]));
  return {
    ...secretNames.length > 0 && { secretNames },
    ...envFrom.size > 0 && { envFrom: [...envFrom.values()] },
  };
}

const PLACES = ["serviceAccount", "nodeSelector", "tolerations", "user"] as const;

/** What is wrong with how a child is to run, and what it asks of its pod that the function itself does not: they have one. */
export function faultsOfChild(
  child: string,
  place: ClusterSettings,
  { cluster, isFed }: { readonly cluster: ClusterSettings; readonly isFed: boolean },
): string[] {
  const other = PLACES.filter((field) =>
    place[field] !== undefined && !isDeepStrictEqual(place[field], cluster[field])
  );
  const { replicas: _, ...kept } = place;
  return [
    ...faultsOfCluster(kept, { isFed }),
    ...other.map((field) => `cluster.${field} is not the function's own, and all run in one pod: say the same in both`),
  ].map((fault) => `function ${child}: ${fault}`);
}
