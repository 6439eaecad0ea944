import { setTimeout as pause } from "node:timers/promises";
import { DeployError } from "../deploy_error.ts";
import { whoDeploys } from "../who_deploys.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import { type ClusterObject, nameOf, type ObjectName } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { labelsOf } from "./objects/labels.ts";
import type { Release } from "./release.ts";

/** How long who says nothing still holds it, and how often a holder says that it does. */
export interface LeaseTimes {
  readonly durationSeconds: number;
  readonly renewMs: number;
}

/** How it is taken. */
export interface LeaseWish {
  readonly signal?: AbortSignal | undefined;
  /** Told who has it, and how long is waited to see whether that one is still there. */
  readonly onWait?: ((told: string) => void) | undefined;
  /** Default: half a minute, renewed each 5 s. */
  readonly times?: LeaseTimes;
}

const TIMES: LeaseTimes = { durationSeconds: 30, renewMs: 5_000 };
const LONGEST_SECONDS = 120; // whatever a lease says of itself
const LOOK_MS = 500;
const SHORTEST_MS = 5_000;
const SAFE = 2 / 3; // of its duration: who could not renew it for so long changes nothing more, before another may begin
const HOLD = "levada.dev/hold"; // a name may be had twice, as in containers

/**
 * A deployment that one alone changes, as long as this is held; who loses it is stopped. Who could not renew it for too long waits: its version says
 * later whether anybody has had it meanwhile.
 */
export class DeployLease implements AsyncDisposable {
  readonly #act: string;
  readonly #objects: ClusterObjects;
  readonly #name: ObjectName;
  readonly #times: LeaseTimes;
  readonly #losing = new AbortController();
  #doubting = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #held: ClusterObject;
  #renewedAt: Moment;
  #renewing: Promise<ClusterError | undefined> | undefined;

  private constructor(
    act: string,
    objects: ClusterObjects,
    { name, held, times, askedAt }: { name: ObjectName; held: ClusterObject; times: LeaseTimes; askedAt: Moment },
  ) {
    this.#act = act;
    this.#objects = objects;
    this.#name = name;
    this.#times = times;
    this.#held = held;
    this.#renewedAt = askedAt;
    this.#timer = setInterval(() => void this.#renew(), times.renewMs);
  }

  /**
   * Takes it. Whether who has it is still there is seen by whether it is renewed, and not by its times: clocks differ.
   *
   * @throws {DeployError} If somebody else has it: by whom, and since when.
   */
  static async take(
    act: string,
    objects: ClusterObjects,
    { name, namespace, signal, onWait, times = TIMES }: LeaseWish & {
      readonly name: string;
      readonly namespace: string;
    },
  ): Promise<DeployLease> {
    const lease = namedLease({ name, namespace });
    const labels = labelsOf({ name });
    const there = await freeLease(act, objects, { lease, labels, signal, onWait });
    const now = timeOf(new Date());
    const object: ClusterObject = {
      apiVersion: lease.apiVersion,
      kind: lease.kind,
      metadata: {
        name: lease.name,
        namespace,
        labels,
        annotations: { [HOLD]: crypto.randomUUID() },
        ...version(there),
      },
      spec: { holderIdentity: holder(), leaseDurationSeconds: times.durationSeconds, acquireTime: now, renewTime: now },
    };
    const askedAt = moment();
    try {
      const held = await objects.write(object, signal);
      return new DeployLease(act, objects, { name: lease, held, times, askedAt });
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      const winner = await objects.read(lease, signal);
      throw new DeployError(act, `${holderOf(winner)} has just begun to change it. Wait for it, or look what it does`, {
        cause: error,
      });
    }
  }

  /** Aborts when it is lost, with who has it now. */
  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  /** Aborts when nobody knows any more whether it is held: what is under way then may come too late. Another one each time that it is known again. */
  get doubted(): AbortSignal {
    return this.#doubting.signal;
  }

  /**
   * Returns where it is held still; after a sleep, or while the server was away, it is asked.
   *
   * @throws {DeployError} If it is lost.
   * @throws {ClusterError} If nobody can tell yet: it may be asked again.
   */
  async check(): Promise<void> {
    const unknown = this.#leftMs() < 0 ? await this.#renew() : undefined;
    this.lost.throwIfAborted();
    if (unknown !== undefined) throw unknown;
  }

  /** Leaves it to the next. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    if (this.lost.aborted) return;
    const { uid, resourceVersion } = this.#held.metadata;
    const preconditions = { uid, resourceVersion };
    await this.#objects.remove(this.#name, { preconditions, propagation: "Background" }).catch(() => {}); // it ends by itself
  }

  /** Gives why it is not known whether it is held; undefined where it is held, or lost. */
  async #renew(): Promise<ClusterError | undefined> {
    return await (this.#renewing ??= this.#tryRenewal().finally(() => this.#renewing = undefined));
  }

  /** What is written by the version that is held is written only where nobody has had the lease meanwhile, however long that was. */
  async #tryRenewal(): Promise<ClusterError | undefined> {
    const patience = AbortSignal.timeout(Math.max(SHORTEST_MS, this.#leftMs()));
    try {
      await this.#write(patience);
      return undefined;
    } catch (error) {
      if (this.lost.aborted || this.#leftMs() > 0) return undefined; // it is tried again
      const why = error instanceof ClusterError ? error : unanswered(this.#name);
      this.#doubting.abort(why);
      return why;
    }
  }

  async #write(patience: AbortSignal): Promise<void> {
    const askedAt = moment();
    try {
      this.#held = await this.#objects.write(renewed(this.#held), patience);
    } catch (error) {
      if (!isOvertaken(error) || !await this.#isHeldAnew(patience)) throw error;
      return await this.#write(patience);
    }
    this.#renewedAt = askedAt;
    if (this.#doubting.signal.aborted) this.#doubting = new AbortController();
  }

  /** How long it may go on without a word. */
  #leftMs(): number {
    return this.#times.durationSeconds * 1_000 * SAFE - since(this.#renewedAt);
  }

  /** Whether it is held where its version is another: an answer may have been lost. */
  async #isHeldAnew(signal: AbortSignal): Promise<boolean> {
    const there = await this.#objects.read(this.#name, signal);
    if (there !== undefined && holdOf(there) === holdOf(this.#held)) {
      this.#held = there;
      return true;
    }
    this.#lose(
      there === undefined || !isHeld(there)
        ? "somebody has removed its lease, so that another may have begun"
        : `${holderOf(there)} has begun to change it, at ${there.spec?.acquireTime}`,
    );
    return false;
  }

  #lose(why: string): void {
    if (this.lost.aborted) return;
    clearInterval(this.#timer);
    const told = `${why}. It is given up where it is, and nothing is put back. Look what runs, and deploy again`;
    this.#losing.abort(new DeployError(this.#act, told));
  }
}

/** Which object it is. */
export function namedLease({ name, namespace }: Pick<Release, "name" | "namespace">): ObjectName {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name: `${name}-deploy` };
}

/** What there is of the lease, when nobody has it. */
async function freeLease(
  act: string,
  objects: ClusterObjects,
  { lease, labels, signal, onWait }: Pick<LeaseWish, "signal" | "onWait"> & {
    readonly lease: ObjectName;
    readonly labels: Readonly<Record<string, string>>;
  },
): Promise<ClusterObject | undefined> {
  const first = await objects.read(lease, signal);
  if (first !== undefined && Object.entries(labels).some(([name, value]) => first.metadata.labels?.[name] !== value)) {
    throw new DeployError(
      act,
      `${nameOf(lease)} is there, and is none of this deployment: name the function otherwise`,
    );
  }
  if (!isHeld(first)) return first;
  const { leaseDurationSeconds } = first?.spec ?? {};
  const seconds = Number.isFinite(leaseDurationSeconds) ? leaseDurationSeconds : TIMES.durationSeconds;
  const waitSeconds = Math.min(LONGEST_SECONDS, Math.max(1, seconds));
  const endsAt = performance.now() + waitSeconds * 1_000;
  onWait?.(
    `${
      holderOf(first)
    } changes it since ${first?.spec?.acquireTime}, or was killed: where nothing is heard of that one for ${waitSeconds} s this goes on …`,
  );
  for (let there = first; isHeld(there); there = await objects.read(lease, signal)) {
    if (there?.metadata.resourceVersion !== first?.metadata.resourceVersion) {
      throw new DeployError(
        act,
        `${holderOf(there)} changes it since ${there?.spec?.acquireTime}. Wait for it, or look what it does`,
      );
    }
    if (performance.now() > endsAt) return there; // whoever had it says nothing any more
    await pause(LOOK_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  return await objects.read(lease, signal);
}

function isHeld(lease: ClusterObject | undefined): boolean {
  return typeof lease?.spec?.holderIdentity === "string" && lease.spec.holderIdentity !== "";
}

function holderOf(lease: ClusterObject | undefined): string {
  return isHeld(lease) ? lease!.spec.holderIdentity : "somebody else";
}

function holdOf({ metadata: { annotations }, spec }: ClusterObject): string {
  return `${spec?.holderIdentity} ${annotations?.[HOLD]}`;
}

function isOvertaken(error: unknown): boolean {
  return error instanceof ClusterError && (error.status === 409 || error.status === 404);
}

function unanswered(lease: ObjectName): ClusterError {
  return new ClusterError(`write ${nameOf(lease)}`, "the cluster does not answer", { reason: "Timeout" });
}

/** By both clocks: one stands still while a machine sleeps, the other is set. */
interface Moment {
  readonly wallMs: number;
  readonly runMs: number;
}

function moment(): Moment {
  return { wallMs: Date.now(), runMs: performance.now() };
}

function since({ wallMs, runMs }: Moment): number {
  return Math.max(Date.now() - wallMs, performance.now() - runMs);
}

function renewed(lease: ClusterObject): ClusterObject {
  return { ...lease, spec: { ...lease.spec, renewTime: timeOf(new Date()) } };
}

function version(there: ClusterObject | undefined): { resourceVersion?: string } {
  const { resourceVersion } = there?.metadata ?? {};
  return resourceVersion === undefined ? {} : { resourceVersion };
}

/** A Lease's times have microseconds. */
function timeOf(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

function holder(): string {
  return `${whoDeploys()} (process ${Deno.pid})`;
}
