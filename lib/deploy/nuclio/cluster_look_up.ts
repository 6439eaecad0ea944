import { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterObjects } from "../cluster/cluster_objects.ts";
import { type AccessWish, clusterAccess } from "../cluster/kubeconfig.ts";
import { readPodLines } from "../cluster/pod_logs.ts";
import { type PodState, podState } from "../cluster/pod_state.ts";
import type { PodLookUp, PodTrouble } from "./nuclio_options.ts";

const LINES = 20;

/** Looks in the cluster in which Nuclio runs why a function's pods are not ready; reads only. */
export class ClusterLookUp implements Disposable {
  readonly #client: ClusterClient;
  readonly #objects: ClusterObjects;

  constructor(client: ClusterClient) {
    this.#client = client;
    this.#objects = new ClusterObjects(client);
  }

  /**
   * By a kubeconfig, or the account of this pod; undefined where there is neither.
   *
   * @throws {ClusterError} If the kubeconfig or context that is named cannot be used.
   */
  static async open(wish: AccessWish): Promise<ClusterLookUp | undefined> {
    try {
      return new ClusterLookUp(new ClusterClient(await clusterAccess(wish)));
    } catch (error) {
      if (wish.kubeconfig !== undefined || wish.context !== undefined) throw error;
      return undefined; // nobody has asked for it
    }
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  /** Only pods that the dashboard names are looked at: the kubeconfig may be another cluster's, which has a function of this name too. */
  readonly lookUp: PodLookUp = async ({ namespace, labels, names, signal }) => {
    if (namespace === undefined || names.length === 0) return undefined;
    const pods = await this.#objects.list({ apiVersion: "v1", kind: "Pod", namespace, labels }, signal);
    const states = pods
      .filter(({ metadata: { name, deletionTimestamp } }) => names.includes(name) && deletionTimestamp === undefined)
      .map((pod) => podState(pod));
    const worst = states.find(({ isLost }) => isLost) ?? states.find(({ isReady }) => !isReady);
    if (worst === undefined) return undefined;
    return { ...await this.#troubleOf(namespace, worst, signal), ready: states.filter((one) => one.isReady).length };
  };

  async #troubleOf(
    namespace: string,
    { name, reason = "it is not ready yet", isLost, speaks }: PodState,
    signal: AbortSignal,
  ): Promise<PodTrouble> {
    const lines = speaks === undefined
      ? []
      : await readPodLines(this.#client, { namespace, pod: name, ...speaks, lines: LINES, signal }).catch(() => []);
    return { reason, isFinal: isLost, lines };
  }
}
