import { setTimeout as pause } from "node:timers/promises";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectKind, ObjectName } from "../cluster/cluster_object.ts";
import { type ApplyOptions, ClusterObjects, type ListWish, type RemoveOptions } from "../cluster/cluster_objects.ts";
import type { DeployLease } from "./deploy_lease.ts";

/** How long an API server that is away, or has too much to do, is asked again, and whether the lease is held still. */
export interface FencedOptions {
  /** In milliseconds. Default 60,000; who has lost the lease ends before. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 60_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const PASSING: readonly number[] = [429, 500, 502, 503, 504];
const LASTING: readonly string[] = ["Untrusted", "NoKind"]; // nobody was asked, and nobody would answer otherwise

/** The objects of a cluster, which are changed only as long as a lease is held; where the server has a bad moment, it is asked again until then. */
export class FencedObjects extends ClusterObjects {
  readonly #lease: Pick<DeployLease, "check" | "lost" | "doubted">;
  readonly #patienceMs: number;

  /** Asks by this client, and looks at this lease before each change. */
  constructor(
    client: ClusterClient,
    lease: Pick<DeployLease, "check" | "lost" | "doubted">,
    { patienceMs = PATIENCE_MS }: FencedOptions = {},
  ) {
    super(client);
    this.#lease = lease;
    this.#patienceMs = patienceMs;
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async apply(object: ClusterObject, options: ApplyOptions = {}): Promise<ClusterObject> {
    return await this.#insisting(options.signal, (signal) => super.apply(object, { ...options, signal }));
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async patch(
    name: ObjectName,
    fields: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#insisting(signal, (until) => super.patch(name, fields, until));
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async remove(name: ObjectName, options: RemoveOptions = {}): Promise<void> {
    await this.#insisting(options.signal, (signal) => super.remove(name, { ...options, signal }));
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async read(name: ObjectName, signal?: AbortSignal): Promise<ClusterObject | undefined> {
    return await this.#insisting(signal, (until) => super.read(name, until));
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async list(wish: ListWish, signal?: AbortSignal): Promise<ClusterObject[]> {
    return await this.#insisting(signal, (until) => super.list(wish, until));
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async has(kind: ObjectKind): Promise<boolean> {
    return await this.#insisting(undefined, () => super.has(kind));
  }

  /** Asks until there is an answer that stays: what is asked here may be asked twice. */
  async #insisting<Answer>(
    outer: AbortSignal | undefined,
    ask: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { lost } = this.#lease;
    const signal = outer === undefined ? lost : AbortSignal.any([outer, lost]);
    const endsAt = performance.now() + this.#patienceMs;
    for (let pauseMs = SHORTEST_PAUSE_MS;; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      let { doubted } = this.#lease;
      try {
        await this.#lease.check();
        ({ doubted } = this.#lease);
        return await ask(AbortSignal.any([signal, doubted]));
      } catch (error) {
        signal.throwIfAborted();
        const mayPass = doubted.aborted || isPassing(error); // a server that comes back may know nobody at first
        if (!mayPass || performance.now() + pauseMs > endsAt) throw error;
      }
      await pause(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof ClusterError)) return false;
  const { status, reason } = error;
  return status === 0 ? !LASTING.includes(reason) : PASSING.includes(status);
}
