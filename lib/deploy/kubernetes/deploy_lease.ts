import { hostname } from "node:os";
import { DeployError } from "../deploy_error.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectName } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { labelsOf } from "./objects/labels.ts";

const SECONDS = 30;
const RENEW_MS = 10_000;

/** A deployment that one alone changes, as long as this is held. */
export class DeployLease implements AsyncDisposable {
  readonly #objects: ClusterObjects;
  readonly #name: ObjectName;
  readonly #timer: ReturnType<typeof setInterval>;
  #last: Promise<ClusterObject>;

  private constructor(objects: ClusterObjects, name: ObjectName, held: ClusterObject) {
    this.#objects = objects;
    this.#name = name;
    this.#last = Promise.resolve(held);
    this.#timer = setInterval(() => {
      this.#last = this.#last.then((lease) => objects.write(renewed(lease)).catch(() => lease)); // who took it over has it
    }, RENEW_MS);
  }

  /**
   * Takes it.
   *
   * @throws {DeployError} If somebody else has it: by whom, and since when.
   */
  static async take(
    act: string,
    objects: ClusterObjects,
    { name, namespace }: { name: string; namespace: string },
  ): Promise<DeployLease> {
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name: `${name}-deploy` };
    const there = await objects.read(lease);
    const { holderIdentity = "", renewTime, acquireTime, leaseDurationSeconds = SECONDS } = there?.spec ?? {};
    const isFree = holderIdentity === "" || Date.parse(renewTime) + leaseDurationSeconds * 1_000 < Date.now();
    if (!isFree) {
      throw new DeployError(
        act,
        `${holderIdentity} changes it since ${acquireTime}. Wait for it, or look what it does`,
      );
    }
    const now = timeOf(new Date());
    const object: ClusterObject = {
      apiVersion: lease.apiVersion,
      kind: lease.kind,
      metadata: { name: lease.name, namespace, labels: labelsOf({ name }), ...version(there) },
      spec: { holderIdentity: holder(), leaseDurationSeconds: SECONDS, acquireTime: now, renewTime: now },
    };
    try {
      return new DeployLease(objects, lease, await objects.write(object));
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 409) throw error;
      throw new DeployError(act, "somebody else has just begun to change it. Wait for it, or look what it does", {
        cause: error,
      });
    }
  }

  /** Leaves it to the next. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    await this.#objects.remove(this.#name).catch(() => {}); // it ends by itself
  }
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
  return `${Deno.env.get("USER") ?? "somebody"}@${hostname()} (process ${Deno.pid})`;
}
