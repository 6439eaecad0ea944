import type { ClusterClient } from "../cluster/cluster_client.ts";
import type { ClusterObject, ObjectName } from "../cluster/cluster_object.ts";
import { type ApplyOptions, ClusterObjects, type RemoveOptions } from "../cluster/cluster_objects.ts";
import type { DeployLease } from "./deploy_lease.ts";

/** The objects of a cluster, which are changed only as long as a lease is held. */
export class FencedObjects extends ClusterObjects {
  readonly #lease: Pick<DeployLease, "check" | "lost">;

  /** Asks by this client, and looks at this lease before each change. */
  constructor(client: ClusterClient, lease: Pick<DeployLease, "check" | "lost">) {
    super(client);
    this.#lease = lease;
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async apply(object: ClusterObject, options: ApplyOptions = {}): Promise<ClusterObject> {
    await this.#lease.check();
    return await super.apply(object, { ...options, signal: this.#until(options.signal) });
  }

  /**
   * As `ClusterObjects` does.
   *
   * @throws {DeployError} If the lease is lost.
   */
  override async remove(name: ObjectName, options: RemoveOptions = {}): Promise<void> {
    await this.#lease.check();
    await super.remove(name, { ...options, signal: this.#until(options.signal) });
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#lease.lost : AbortSignal.any([signal, this.#lease.lost]);
  }
}
