import { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterObjects } from "../cluster/cluster_objects.ts";
import { type AccessWish, clusterAccess } from "../cluster/kubeconfig.ts";
import { readPodLines } from "../cluster/pod_logs.ts";
import { type PodState, podState } from "../cluster/pod_state.ts";
import type { PodLookUp, PodTrouble } from "./nuclio_options.ts";

const LINES = 20;
const OPENING_MS = 1_000; // a kubeconfig may ask a program for its token, which takes its time

/** Looks in the cluster in which Nuclio runs why a function's pods are not ready; reads only. */
export class ClusterLookUp implements Disposable {
  readonly #opening: Promise<ClusterClient>;

  constructor(opening: Promise<ClusterClient>) {
    this.#opening = opening;
  }

  /**
   * By a kubeconfig, or the account of this pod; undefined where there is neither.
   *
   * @throws {ClusterError} If the kubeconfig or context that is named cannot be used.
   */
  static async open(wish: AccessWish): Promise<ClusterLookUp | undefined> {
    const opening = clusterAccess(wish).then((access) => new ClusterClient(access));
    if (wish.kubeconfig !== undefined || wish.context !== undefined) await opening;
    const late = AbortSignal.timeout(OPENING_MS);
    const isThere = opening.then(() => true, () => false); // nobody has asked for it
    return await orUntil(late, isThere).catch(() => true) ? new ClusterLookUp(opening) : undefined;
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#opening.then((client) => client[Symbol.dispose](), () => {});
  }

  /** Only pods that the dashboard names are looked at: the kubeconfig may be another cluster's, which has a function of this name too. */
  readonly lookUp: PodLookUp = async ({ namespace, labels, names, signal }) => {
    if (namespace === undefined || names.length === 0) return undefined;
    const client = await orUntil(signal, this.#opening);
    const pods = await new ClusterObjects(client).list({ apiVersion: "v1", kind: "Pod", namespace, labels }, signal);
    const states = pods
      .filter(({ metadata: { name, deletionTimestamp } }) => names.includes(name) && deletionTimestamp === undefined)
      .map((pod) => podState(pod));
    const worst = states.find(({ isLost }) => isLost) ?? states.find(({ isReady }) => !isReady);
    if (worst === undefined) return undefined;
    const trouble = await troubleOf(client, { namespace, signal, state: worst });
    return { ...trouble, ready: states.filter((one) => one.isReady).length };
  };
}

async function troubleOf(
  client: ClusterClient,
  { namespace, signal, state: { name, reason = "it is not ready yet", isLost, speaks } }: {
    readonly namespace: string;
    readonly signal: AbortSignal;
    readonly state: PodState;
  },
): Promise<PodTrouble> {
  const lines = speaks === undefined
    ? []
    : await readPodLines(client, { namespace, pod: name, ...speaks, lines: LINES, signal }).catch(() => []);
  return { reason, isFinal: isLost, lines };
}

/** Rejects where the signal comes first. */
async function orUntil<Value>(signal: AbortSignal, working: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([working, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
