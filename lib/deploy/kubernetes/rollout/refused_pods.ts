import type { ClusterSettings } from "../../settings/cluster_settings.ts";
import type { RolloutState } from "./rollout_state.ts";

/** Why no more pods of a function are made. */
export interface Refusal {
  readonly told: string;
  /** For how long it is to stand before it is believed. */
  readonly standsMs: number;
}

const QUOTA_MS = 10_000; // room may be made meanwhile, by one that ends
const PAUSED_MS = 1_000; // pods of a set that is there already come without being resumed
const OTHER_MS = 25_000; // a webhook that does not answer takes 10 s, and is asked again

/** Why a Deployment makes no pods, or its controller may make none, by what is seen of it. */
export function whyNoPods(
  { paused, failure }: Pick<RolloutState, "paused" | "failure">,
  cluster: Pick<ClusterSettings, "rollout">,
): Refusal | undefined {
  return paused === undefined ? whyRefused(failure, cluster) : { told: paused, standsMs: PAUSED_MS };
}

/** What a Deployment's controller says of pods that it may not make. It tries on, so it is believed once it has stood for a while. */
export function whyRefused(
  failure: string | undefined,
  { rollout }: Pick<ClusterSettings, "rollout">,
): Refusal | undefined {
  if (failure === undefined) return undefined;
  const [, quota] = /exceeded quota: (.*)/s.exec(failure) ?? [];
  if (quota === undefined) return { told: failure, standsMs: OTHER_MS };
  const cure = rollout === "old-first"
    ? "Have it raised"
    : 'Have it raised: a new pod comes before an old one goes. Or say that one goes first, cluster: { rollout: "old-first" }';
  return { told: `a quota of the namespace takes no more pods of it: ${quota}. ${cure}`, standsMs: QUOTA_MS };
}
