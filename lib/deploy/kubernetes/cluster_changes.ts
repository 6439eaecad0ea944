import { DeployError } from "../deploy_error.ts";
import type { DeployPlan } from "../deployment.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import type { ClusterObject, OwnerReference } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { CLUSTER_DEADLINE_MS, type ClusterOptions } from "./cluster_options.ts";
import { innerUrl } from "./objects/addresses.ts";
import { DeployLease } from "./deploy_lease.ts";
import { FencedObjects } from "./fenced_objects.ts";
import { labelsOf } from "./objects/labels.ts";
import { applyOver, handOverScale } from "./hand_over_scale.ts";
import { knownKinds } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { obsoleteObjects, planRelease, recordAfter } from "./plan_release.ts";
import { preflight } from "./preflight.ts";
import type { Release } from "./release.ts";
import { notesOf } from "./release_notes.ts";
import { readRecord, type ReleasePlace, type ReleaseRecord, removeRecord, writeRecord } from "./release_record.ts";
import { watchRollout } from "./rollout/watch_rollout.ts";

/** Of what a deployment in a cluster is changed. */
export interface ClusterChangesParts {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly place: ReleasePlace;
  readonly options: ClusterOptions;
  /** Aborts when another has begun to change it. Default: nobody has. */
  readonly lost?: AbortSignal;
}

const LOOK_MS = 250;

/** What changes a deployment in a cluster, one change at a time. */
export class ClusterChanges {
  readonly #parts: ClusterChangesParts;

  constructor(parts: ClusterChangesParts) {
    this.#parts = parts;
  }

  /** What `apply` would change. */
  async plan(act: string, release: Release): Promise<DeployPlan> {
    const { objects, place } = this.#parts;
    await this.#preflight(act, release);
    const record = await readRecord(act, objects, place);
    return {
      name: place.name,
      revision: release.revision,
      changes: await this.#lines(act, release, record),
      notes: notesOf(release),
    };
  }

  /** What `rollback` would change. */
  async planRollback(act: string): Promise<DeployPlan> {
    return await this.plan(act, (await this.#before(act)).previous);
  }

  /** Has a release run; what ran runs on where it does not come to be ready. */
  async apply(act: string, release: Release): Promise<void> {
    const { objects, place } = this.#parts;
    await this.#preflight(act, release);
    await using lease = await this.#take(act);
    const record = await readRecord(act, objects, place);
    const lines = await this.#lines(act, release, record);
    if (lines.length > 0 || record?.current === undefined || record.next !== undefined) {
      await this.#under(lease).#replace(act, release, record);
    }
  }

  /** Runs again what ran before. */
  async rollback(act: string): Promise<void> {
    await this.#preflight(act, (await this.#before(act)).previous);
    await using lease = await this.#take(act);
    const { previous, record } = await this.#before(act);
    await this.#under(lease).#replace(act, previous, record);
  }

  /** Removes everything, and waits until it is gone. */
  async delete(act: string): Promise<void> {
    const { objects, place, options: { signal } } = this.#parts;
    await using lease = await this.#take(act);
    if (await readRecord(act, objects, place) === undefined) throw missing(act, this.#parts);
    await this.#under(lease).#removeAll(act, signal);
  }

  async #take(act: string): Promise<DeployLease> {
    const { objects, place, options: { signal } } = this.#parts;
    return await DeployLease.take(act, objects, { ...place, signal });
  }

  /** The same, as long as the lease is held. */
  #under(lease: DeployLease): ClusterChanges {
    const { client, options } = this.#parts;
    const signal = options.signal === undefined ? lease.lost : AbortSignal.any([options.signal, lease.lost]);
    const objects = new FencedObjects(client, lease);
    return new ClusterChanges({ ...this.#parts, objects, options: { ...options, signal }, lost: lease.lost });
  }

  async #removeAll(act: string, signal?: AbortSignal): Promise<void> {
    const { objects, place, options: { deadlineMs = CLUSTER_DEADLINE_MS } } = this.#parts;
    await removeRecord(objects, place);
    const endsAt = performance.now() + deadlineMs;
    for (;;) {
      signal?.throwIfAborted();
      const where = { namespace: place.namespace, labels: labelsOf(place) };
      const kinds = [...await knownKinds(objects), { apiVersion: "v1", kind: "Pod" }];
      const left = (await Promise.all(kinds.map((kind) => objects.list({ ...kind, ...where }, signal)))).flat();
      if (left.length === 0) return;
      if (performance.now() > endsAt) {
        const named = left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(", ");
        throw new DeployError(act, `it is being deleted, and after ${deadlineMs / 1_000} s there is still ${named}`);
      }
      await new Promise((go) => setTimeout(go, LOOK_MS));
    }
  }

  async #before(act: string): Promise<{ previous: Release; record: ReleaseRecord }> {
    const { objects, place } = this.#parts;
    const record = await readRecord(act, objects, place);
    if (record === undefined) throw missing(act, this.#parts);
    const { previous, current, next } = record;
    const meant = next === undefined ? previous : current; // a deploy that was broken off is taken back
    if (meant === undefined) throw new DeployError(act, "there is no revision before this one");
    return { previous: meant, record };
  }

  async #lines(act: string, release: Release, record: ReleaseRecord | undefined): Promise<readonly string[]> {
    const { objects, options: { force = false } } = this.#parts;
    return await planRelease(act, objects, { release, wished: owned(release, record?.owner), record, force });
  }

  async #replace(act: string, release: Release, record: ReleaseRecord | undefined): Promise<void> {
    const { objects, place } = this.#parts;
    const { current: before, previous, deployedAt } = record ?? { current: undefined, previous: undefined };
    const isFirst = before === undefined && !await this.#hasPods();
    const { owner } = await writeRecord(objects, place, {
      current: before,
      previous,
      deployedAt,
      next: release.revision,
    });
    try {
      await this.#run(act, owned(release, owner), { release, before });
    } catch (error) {
      this.#parts.lost?.throwIfAborted(); // it is another's to say what runs
      await this.#goBack(act, { before, previous, deployedAt, release, isFirst }, owner).catch((fault: Error) => {
        this.#parts.lost?.throwIfAborted();
        throw new DeployError(act, `${(error as Error).message}; and going back failed: ${fault.message}`, {
          cause: error,
        });
      });
      throw error;
    }
    const now = { ...recordAfter(record, release), deployedAt: new Date().toISOString() };
    const written = await writeRecord(objects, place, now);
    await this.#prune(release, written);
  }

  async #run(
    act: string,
    wished: readonly ClusterObject[],
    { release, before }: { readonly release: Release; readonly before: Release | undefined },
  ): Promise<void> {
    const { client, objects, options } = this.#parts;
    const { force = false, signal, deadlineMs = CLUSTER_DEADLINE_MS, onProgress } = options;
    for (const object of wished) {
      await handOverScale(objects, object, { release, before });
      await applyOver(objects, object, { before, force, signal });
    }
    for (const { name } of release.functions) onProgress?.({ state: "starting", function: name, url: undefined });
    const urls = new Map(release.functions.map((fn) => [fn.name, innerUrl(release, fn)]));
    await watchRollout({
      act,
      release,
      client,
      objects,
      deadlineMs,
      signal,
      onChange: ({ function: name, isReady, ready, wished, reason }) =>
        onProgress?.({
          state: isReady ? "ready" : "starting",
          function: name,
          url: isReady ? urls.get(name) : undefined,
          note: `${ready} of ${wished} pods${reason === undefined ? "" : `: ${reason}`}`,
          pods: { ready, wished },
          reason,
        }),
    });
  }

  /** What ran stands again as it was; where nothing did, nothing is left. */
  async #goBack(
    act: string,
    { before, release, isFirst, ...rest }:
      & { readonly before: Release | undefined; readonly release: Release; readonly isFirst: boolean }
      & Pick<ReleaseRecord, "previous" | "deployedAt">,
    owner: OwnerReference,
  ): Promise<void> {
    const { objects, place } = this.#parts;
    if (before === undefined && isFirst) return await this.#removeAll(act);
    if (before === undefined) {
      throw new DeployError(
        act,
        "nobody wrote down what ran before, so it is left as it is. Deploy, or apply, what is to run",
      );
    }
    for (const object of owned(before, owner)) {
      await handOverScale(objects, object, { release: before, before: release });
      await objects.apply(object, { force: true });
    }
    await this.#prune(before, await writeRecord(objects, place, { current: before, ...rest }));
  }

  /** Whether something of it is there: of manifests that were applied by others, or of a first deploy that was broken off. */
  async #hasPods(): Promise<boolean> {
    const { objects, place } = this.#parts;
    const where = { namespace: place.namespace, labels: labelsOf(place) };
    return (await objects.list({ apiVersion: "apps/v1", kind: "Deployment", ...where })).length > 0;
  }

  async #prune(release: Release, record: ReleaseRecord): Promise<void> {
    const { objects } = this.#parts;
    const wished = owned(release, record.owner);
    for (const name of await obsoleteObjects(objects, release, { wished, record })) await objects.remove(name);
  }

  async #preflight(act: string, release: Release): Promise<void> {
    const { client, objects } = this.#parts;
    await preflight(act, { client, objects }, { release, wished: objectsOf(release) });
  }
}

/** There is no such deployment. */
export function missing(act: string, { client, place }: Pick<ClusterChangesParts, "client" | "place">): DeployError {
  return new DeployError(
    act,
    `there is no such deployment in namespace "${place.namespace}" of cluster "${client.access.name}"`,
  );
}

/** The objects of a release, which go when their owner goes. */
function owned(release: Release, owner: OwnerReference | undefined): ClusterObject[] {
  if (owner === undefined) return objectsOf(release);
  return objectsOf(release).map((object) => ({
    ...object,
    metadata: { ...object.metadata, ownerReferences: [owner] },
  }));
}
