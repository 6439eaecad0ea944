import { setTimeout as pause } from "node:timers/promises";
import { DeployError } from "../../deploy_error.ts";
import { ClusterError } from "../../cluster/cluster_error.ts";
import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { ClusterObjects } from "../../cluster/cluster_objects.ts";
import { labelsOf } from "../objects/labels.ts";
import { CONTAINER } from "../objects/pod_template.ts";
import { leastPods } from "../objects/workload_objects.ts";
import type { Release, ReleasedFunction } from "../release.ts";
import { readPodLines } from "../../cluster/pod_logs.ts";
import type { PodState } from "../../cluster/pod_state.ts";
import { PodHistory } from "./pod_history.ts";
import { type Refusal, whyNoPods } from "./refused_pods.ts";
import { rolloutState } from "./rollout_state.ts";
import { Standing } from "./standing.ts";
import type { ClusterClient } from "../../cluster/cluster_client.ts";

/** Which rollout is watched, and who is told. */
export interface RolloutWish {
  readonly act: string;
  readonly release: Release;
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told when a function is ready, and whenever there is another reason why it is not. */
  readonly onChange?: (change: RolloutChange) => void;
}

/** How far a function is. */
export interface RolloutChange {
  readonly function: string;
  readonly isReady: boolean;
  readonly ready: number;
  readonly wished: number;
  /** Why it is not ready yet. */
  readonly reason: string | undefined;
}

const LINES = 20;
const WARNINGS = 3;
const PODS = { apiVersion: "v1", kind: "Pod" };
const DEPLOYMENTS = { apiVersion: "apps/v1", kind: "Deployment" };
const REPLICA_SETS = { apiVersion: "apps/v1", kind: "ReplicaSet" };
const LOOK_MS = 1_000; // what stands for too long is no change
const LOST_PODS = 3; // given up one after the other; one may be evicted
const REVISION = "deployment.kubernetes.io/revision";

/**
 * Waits until every function of a release has its pods. What its pods say is looked at too: that an image is missing is known within a second,
 * and a Deployment's controller tells it minutes later.
 *
 * @throws {DeployError} If it will not come to that, with the reason and the last lines of who said it; or the deadline is over.
 */
export async function watchRollout(wish: RolloutWish): Promise<void> {
  const { release, objects, signal } = wish;
  const ending = new AbortController();
  const over = AbortSignal.timeout(wish.deadlineMs);
  const until = AbortSignal.any([ending.signal, over, ...signal === undefined ? [] : [signal]]);
  const where = { namespace: release.namespace, labels: labelsOf(release) };
  const watch = new RolloutWatch(wish, new PodHistory(await podsBefore(objects, { ...PODS, ...where }, until)));
  const follow = async (kind: typeof PODS, see: (object: ClusterObject, isGone: boolean) => Promise<boolean>) => {
    for await (const { type, object } of objects.follow({ ...kind, ...where }, until)) {
      if (await see(object, type === "gone")) return ending.abort();
    }
  };
  const looking = async () => {
    while (!until.aborted) {
      await pause(LOOK_MS, undefined, { signal: until }).catch(() => {});
      if (!until.aborted && await watch.look()) return ending.abort();
    }
  };
  try {
    await Promise.all([
      looking(),
      follow(DEPLOYMENTS, (object, isGone) => watch.deployment(object, isGone)),
      follow(REPLICA_SETS, (object, isGone) => watch.replicaSet(object, isGone)),
      follow(PODS, (object, isGone) => watch.pod(object, isGone)),
    ]);
  } finally {
    ending.abort();
  }
  signal?.throwIfAborted();
  if (over.aborted && !watch.isDone) throw await watch.late(wish.deadlineMs);
}

/** The pods that are there; an API server that is away is waited for. */
async function podsBefore(
  objects: ClusterObjects,
  which: Parameters<ClusterObjects["list"]>[0],
  signal: AbortSignal,
): Promise<ClusterObject[]> {
  for (;;) {
    try {
      return await objects.list(which, signal);
    } catch (error) {
      if (signal.aborted) return [];
      if (!(error instanceof ClusterError) || error.status >= 400 && error.status < 500) throw error;
      await pause(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** What has been seen of a rollout. */
class RolloutWatch {
  readonly #wish: RolloutWish;
  readonly #deployments = new Map<string, ClusterObject>();
  readonly #replicaSets = new Map<string, ClusterObject>();
  readonly #pods = new Map<string, ClusterObject>();
  readonly #told = new Map<string, string>();
  readonly #history: PodHistory;
  readonly #failing = new Standing();

  constructor(wish: RolloutWish, history: PodHistory) {
    this.#wish = wish;
    this.#history = history;
  }

  get isDone(): boolean {
    return this.#wish.release.functions.every(({ objectName }) => {
      const deployment = this.#deployments.get(objectName);
      return deployment !== undefined && rolloutState(deployment).isDone;
    });
  }

  async deployment(object: ClusterObject, isGone: boolean): Promise<boolean> {
    keep(this.#deployments, object, isGone);
    return await this.look();
  }

  async replicaSet(object: ClusterObject, isGone: boolean): Promise<boolean> {
    keep(this.#replicaSets, object, isGone);
    return await this.look();
  }

  async pod(object: ClusterObject, isGone: boolean): Promise<boolean> {
    if (!isGone) this.#history.see(object);
    keep(this.#pods, object, isGone);
    return await this.look();
  }

  /** What is wrong where the time is over. */
  async late(deadlineMs: number): Promise<DeployError> {
    const late = this.#wish.release.functions.filter((fn) => !this.#progress(fn).isReady);
    const reasons = late.map((fn) => `function ${fn.name}: ${this.#progress(fn).reason ?? "it is not ready"}`);
    const pod = late.flatMap((fn) => this.#podsOf(fn)).find(({ state }) => !state.isReady);
    const seconds = (deadlineMs / 1_000).toFixed(1).replace(/\.0$/, "");
    return new DeployError(this.#wish.act, `it is not ready after ${seconds} s: ${reasons.join("; ")}`, {
      lines: pod === undefined ? [] : [...await this.#warnings(pod), ...await this.#lines(pod.state, pod.container)],
    });
  }

  /** Whether all is done; what is lost is thrown. */
  async look(): Promise<boolean> {
    for (const fn of this.#wish.release.functions) {
      const { lost, refusal, ...progress } = this.#progress(fn);
      if (lost !== undefined) {
        throw new DeployError(this.#wish.act, `function ${fn.name}: ${lost.reason}`, {
          lines: await this.#lines(lost),
        });
      }
      this.#failing.told(fn.name, refusal !== undefined && !this.#isLeaving(fn));
      if (refusal !== undefined && this.#failing.ms(fn.name) >= refusal.standsMs) {
        throw new DeployError(this.#wish.act, `function ${fn.name}: ${refusal.told}`);
      }
      const line = JSON.stringify(progress);
      if (this.#told.get(fn.name) === line) continue;
      this.#told.set(fn.name, line);
      this.#wish.onChange?.(progress);
    }
    return this.isDone;
  }

  #progress(fn: ReleasedFunction): RolloutChange & { lost: PodState | undefined; refusal: Refusal | undefined } {
    const deployment = this.#deployments.get(fn.objectName);
    if (deployment === undefined) {
      return {
        function: fn.name,
        isReady: false,
        ready: 0,
        wished: leastPods(fn),
        reason: undefined,
        lost: undefined,
        refusal: undefined,
      };
    }
    const { isDone, wished, ...state } = rolloutState(deployment);
    if (isDone) {
      const nothing = { reason: undefined, lost: undefined, refusal: undefined };
      return { function: fn.name, isReady: true, ready: wished, wished, ...nothing };
    }
    const seen = this.#podsOf(fn);
    const failed = seen.filter(({ state, isOld }) => state.trouble?.kind === "failed" && !isOld).map(({ state }) =>
      state
    );
    const pods = seen.map(({ state }) => state).filter(({ trouble }) => trouble?.kind !== "failed");
    const last = failed.at(-1);
    const given = last === undefined || failed.length < LOST_PODS
      ? undefined
      : { ...last, reason: `${failed.length} pods of it were given up one after the other: ${last.reason}` };
    const refusal = whyNoPods(state, fn.cluster);
    return {
      function: fn.name,
      isReady: false,
      ready: pods.filter(({ isReady }) => isReady).length,
      wished,
      reason: refusal?.told ?? pods.find(({ reason }) => reason !== undefined)?.reason ??
        last?.reason,
      lost: pods.find(({ isLost }) => isLost) ?? given,
      refusal,
    };
  }

  /** Whether a pod of it is about to go, and leaves its room. */
  #isLeaving({ name }: ReleasedFunction): boolean {
    return [...this.#pods.values()].some(({ metadata: { labels, deletionTimestamp } }) =>
      deletionTimestamp !== undefined && labels?.["app.kubernetes.io/name"] === name
    );
  }

  /** The pods of what a function is to be; those of what it was are left out. */
  #podsOf(
    { objectName }: ReleasedFunction,
  ): { state: PodState; isOld: boolean; uid: string; container: PodState["speaks"] }[] {
    const deployment = this.#deployments.get(objectName);
    const revision = deployment?.metadata.annotations?.[REVISION];
    if (deployment === undefined || revision === undefined) return [];
    const sets = [...this.#replicaSets.values()].filter(({ metadata: { annotations, ownerReferences = [] } }) =>
      annotations?.[REVISION] === revision && ownerReferences.some(({ uid }) => uid === deployment.metadata.uid)
    ).map(({ metadata: { uid } }) => uid);
    return [...this.#pods.values()]
      .filter(({ metadata: { ownerReferences = [], deletionTimestamp } }) =>
        deletionTimestamp === undefined && ownerReferences.some(({ uid }) => sets.includes(uid))
      ).map((pod) => ({
        state: this.#history.stateOf(pod),
        isOld: this.#history.isOld(pod),
        uid: pod.metadata.uid!,
        container: pod.status?.phase === "Running" ? { container: CONTAINER, before: false } : undefined,
      }));
  }

  async #lines({ name, speaks }: PodState, otherwise?: PodState["speaks"]): Promise<readonly string[]> {
    const speaker = speaks ?? otherwise;
    if (speaker === undefined) return [];
    const { client, release: { namespace } } = this.#wish;
    return await readPodLines(client, { namespace, pod: name, ...speaker, lines: LINES }).catch(() => []);
  }

  /** What the cluster warns of, such as probes that fail; nothing where who asks may not see it. */
  async #warnings({ uid }: { readonly uid: string }): Promise<readonly string[]> {
    const { objects, release: { namespace } } = this.#wish;
    const events = await objects.list({ apiVersion: "v1", kind: "Event", namespace }).catch(() => []);
    const warnings = events.filter(({ type, involvedObject }) => type === "Warning" && involvedObject?.uid === uid);
    return [...new Set(warnings.map(({ message }) => String(message)))].slice(-WARNINGS);
  }
}

function keep(known: Map<string, ClusterObject>, object: ClusterObject, isGone: boolean): void {
  if (isGone) known.delete(object.metadata.name);
  else known.set(object.metadata.name, object);
}
