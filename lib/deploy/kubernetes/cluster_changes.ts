import { DeployError } from "../deploy_error.ts";
import type { DeployPlan } from "../deployment.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { checkRights, LEASE_RIGHT, rightOf } from "./check_rights.ts";
import { CLUSTER_DEADLINE_MS, type ClusterOptions } from "./cluster_options.ts";
import { deployDoing, type DeployedReleases, type Doing, settledRecord, wayBack } from "./deployed_releases.ts";
import { DeployLease } from "./deploy_lease.ts";
import { FencedObjects } from "./fenced_objects.ts";
import { freeObjects } from "./free_objects.ts";
import { withCode } from "./kept_code.ts";
import { liveFunctions } from "./live_functions.ts";
import { checkOwners, keyOf, type LiveObjects, ownObjects, readLive } from "./live_objects.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { notesOfOthers, planRelease } from "./plan_release.ts";
import { preflight } from "./preflight.ts";
import { notesOf, unseenNotes } from "./release_notes.ts";
import type { Release, ReleasePlace } from "./release.ts";
import { isWrittenAs, namedRecord, readRecord, recordName, unreadNotes, writeRecord } from "./release_record.ts";
import { removalGroups, removeObjects, waitForGoing } from "./remove_objects.ts";
import { replaceRelease } from "./replace_release.ts";
import { watchFunctions } from "./run_release.ts";
import { unlessGivenUp } from "../unless_given_up.ts";

/** Of what a deployment in a cluster is changed. */
export interface ClusterChangesParts {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly place: ReleasePlace;
  readonly options: ClusterOptions;
  /** Until when, by `performance.now()`. Default: the deadline of the options from now on. */
  readonly endsAt?: number;
}

/** What would change, and what there is. */
interface Compared {
  readonly lines: readonly string[];
  readonly live: LiveObjects;
}

/** What changes a deployment in a cluster, one change at a time. */
export class ClusterChanges {
  readonly #parts: ClusterChangesParts;
  readonly #endsAt: number;

  constructor(parts: ClusterChangesParts) {
    this.#parts = parts;
    this.#endsAt = parts.endsAt ?? performance.now() + (parts.options.deadlineMs ?? CLUSTER_DEADLINE_MS);
  }

  /** What `apply` would change. */
  async plan(act: string, release: Release): Promise<DeployPlan> {
    const { objects, place } = this.#parts;
    await this.#preflight(act, release);
    const record = settledRecord(await readRecord(act, objects, place), release);
    const { lines, live } = await this.#compare(act, release, record);
    const others = notesOfOthers({ release, live, record, force: this.#parts.options.force });
    const notes = [...unreadNotes(place, record), ...unseenNotes(live.unseen), ...others, ...notesOf(release)];
    return { name: place.name, revision: release.revision, changes: lines, notes };
  }

  /** What `rollback` would change. */
  async planRollback(act: string): Promise<DeployPlan> {
    return await this.plan(act, (await this.#before(act)).release);
  }

  /** Has a release run; what ran runs on where it does not come to be ready. */
  async apply(act: string, release: Release): Promise<void> {
    const { client, objects, place, options: { signal, onProgress } } = this.#parts;
    await unlessGivenUp(signal, this.#preflight(act, release));
    await using lease = await this.#take(act);
    const record = settledRecord(await unlessGivenUp(signal, readRecord(act, objects, place)), release);
    const compared = await unlessGivenUp(signal, this.#compareStanding(act, lease, { release, record }));
    if (compared.lines.length > 0 || !isWrittenAs(record, release)) {
      return await this.#replace(act, lease, { release, record, doing: deployDoing(record, release), ...compared });
    }
    await freeObjects(new FencedObjects(client, lease), place, compared.live.own);
    const { functions } = release;
    await watchFunctions(act, { client, objects }, { release, functions, endsAt: this.#endsAt, signal, onProgress });
  }

  /** Runs again what ran before. */
  async rollback(act: string): Promise<void> {
    const { signal } = this.#parts.options;
    const { release: meant } = await unlessGivenUp(signal, this.#before(act));
    await unlessGivenUp(signal, this.#preflight(act, meant));
    await using lease = await this.#take(act);
    const { release, record, doing } = await unlessGivenUp(signal, this.#before(act));
    const compared = await unlessGivenUp(signal, this.#compareStanding(act, lease, { release, record }));
    await this.#replace(act, lease, { release, record, doing, ...compared });
  }

  /**
   * Removes everything that is this deployment's, and waits until it is gone.
   *
   * @throws {DeployError} If who asks may not remove all of it: then nothing goes.
   */
  async delete(act: string): Promise<void> {
    const { client, place } = this.#parts;
    await this.#checkRemovable(act, await this.#own(act));
    await using lease = await this.#take(act);
    const { own, record } = await this.#own(act);
    const rest = own.filter((object) => keyOf(object) !== `ConfigMap ${recordName(place)}`);
    const fenced = new FencedObjects(client, lease);
    if (isRead(record)) {
      await writeRecord(fenced, place, { ...record, doing: { what: "delete", backTo: "current" } });
    }
    const groups = removalGroups(rest, record?.current);
    await removeObjects(act, fenced, groups, { endsAt: this.#endsAt, signal: this.#until(lease) });
    if (rest.length < own.length) await fenced.remove(namedRecord(place), { propagation: "Background" });
  }

  /** All that is this deployment's, and what is written down of it. */
  async #own(act: string): Promise<{ own: ClusterObject[]; record: DeployedReleases | undefined }> {
    const { objects, place, options: { signal } } = this.#parts;
    const record = await readRecord(act, objects, place).catch((error: unknown) => {
      if (error instanceof DeployError) return undefined; // what goes is told by the objects' labels
      throw error;
    });
    const own = await ownObjects(objects, place, { made: runningObjects(record), signal });
    if (own.length === 0) throw missing(act, this.#parts);
    return { own, record };
  }

  async #checkRemovable(
    act: string,
    { own, record }: { readonly own: readonly ClusterObject[]; readonly record: DeployedReleases | undefined },
  ): Promise<void> {
    const { client, objects, place: { namespace } } = this.#parts;
    const kinds = [...new Map(own.map((object) => [object.kind, object])).values()];
    const rights = await Promise.all(kinds.map(async (kind) => {
      const isRecord = kind.kind === "ConfigMap" && isRead(record); // that it goes is written down
      return await rightOf(objects, kind, ["get", ...isRecord ? ["patch"] : [], "delete"]);
    }));
    await checkRights(act, client, { namespace, rights: [...rights, LEASE_RIGHT] });
  }

  async #replace(
    act: string,
    lease: DeployLease,
    wish: {
      readonly release: Release;
      readonly record: DeployedReleases | undefined;
      readonly live: LiveObjects;
      readonly doing: Doing;
    },
  ): Promise<void> {
    const { client, options: { force = false, onProgress } } = this.#parts;
    await replaceRelease(act, { client, objects: new FencedObjects(client, lease) }, {
      ...wish,
      force,
      onProgress,
      endsAt: this.#endsAt,
      signal: this.#until(lease),
      lost: lease.lost,
    });
  }

  async #take(act: string): Promise<DeployLease> {
    const { objects, place, options: { signal, onProgress } } = this.#parts;
    const onWait = (note: string) => onProgress?.({ state: "waiting", function: undefined, url: undefined, note });
    return await DeployLease.take(act, objects, { ...place, signal, onWait });
  }

  #until(lease: DeployLease): AbortSignal {
    const { signal } = this.#parts.options;
    return signal === undefined ? lease.lost : AbortSignal.any([signal, lease.lost]);
  }

  /** What a rollback leads to. */
  async #before(act: string): Promise<{ release: Release; record: DeployedReleases; doing: Doing }> {
    const { objects, place } = this.#parts;
    const record = await readRecord(act, objects, place);
    if (record === undefined) {
      const own = await ownObjects(objects, place, { made: [] });
      if (own.length === 0) throw missing(act, this.#parts);
      throw new DeployError(
        act,
        `nobody wrote down what ran before: ConfigMap ${place.namespace}/${
          recordName(place)
        } is gone. Deploy what is to run`,
      );
    }
    const [answering] = await liveFunctions(objects, place);
    const backTo = wayBack(record, answering);
    const meant = record[backTo];
    if (meant === undefined && record.unread !== undefined) {
      throw new DeployError(act, `${unreadNotes(place, record).join()}. Deploy what is to run`);
    }
    if (meant === undefined) throw new DeployError(act, "there is no revision before this one");
    const doing: Doing = { what: "rollback", to: meant.revision, backTo };
    return { release: await withCode(act, objects, meant), record, doing };
  }

  /** What would change, after a look at whose all that is. */
  async #compare(
    act: string,
    release: Release,
    record: DeployedReleases | undefined,
  ): Promise<Compared> {
    const { objects, place, options: { force = false } } = this.#parts;
    const wished = objectsOf(release);
    const live = await readLive(objects, place, wished, { made: [...wished, ...runningObjects(record)] });
    checkOwners(act, live, { place, force });
    return { live, lines: await planRelease(act, objects, { release, live, record, force }) };
  }

  /** The same, when what an earlier deploy has removed is gone. */
  async #compareStanding(
    act: string,
    lease: DeployLease,
    { release, record }: { readonly release: Release; readonly record: DeployedReleases | undefined },
  ): Promise<Compared> {
    const wish = { endsAt: this.#endsAt, signal: this.#until(lease) };
    await waitForGoing(act, this.#parts.objects, objectsOf(release), wish);
    return await this.#compare(act, release, record);
  }

  async #preflight(act: string, release: Release): Promise<void> {
    const { client, objects, place } = this.#parts;
    const running = async () =>
      runningObjects(
        await readRecord(act, objects, place).catch((error: unknown) => {
          if (error instanceof ClusterError && error.status === 403) return undefined; // that right is asked for too
          throw error;
        }),
      );
    await preflight(act, { client, objects }, { release, wished: objectsOf(release), running });
  }
}

/** Whether what was written down is written again while it goes. */
function isRead(record: DeployedReleases | undefined): record is DeployedReleases {
  return record !== undefined && record.unread === undefined;
}

/** What runs, as it is written down; where something was broken off it is of both. */
function runningObjects(record: DeployedReleases | undefined): ClusterObject[] {
  const releases = [record?.current, record?.doing === undefined ? undefined : record.previous];
  return releases.flatMap((release) => release === undefined ? [] : objectsOf(release));
}

/** There is no such deployment. */
export function missing(act: string, { client, place }: Pick<ClusterChangesParts, "client" | "place">): DeployError {
  return new DeployError(
    act,
    `there is no such deployment in namespace "${place.namespace}" of cluster "${client.access.name}"`,
  );
}
