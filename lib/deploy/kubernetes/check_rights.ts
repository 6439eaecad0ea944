import { DeployError } from "../deploy_error.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import type { ObjectKind } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";

/** What somebody may do with objects of one kind. */
export interface Right {
  readonly group: string;
  /** `pods`, `pods/log`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What is changed with it: a lease. */
export const LEASE_RIGHT: Right = {
  group: "coordination.k8s.io",
  resource: "leases",
  verbs: ["get", "create", "update", "delete"],
};

/** The right to do that with objects of a kind. */
export async function rightOf(objects: ClusterObjects, kind: ObjectKind, verbs: readonly string[]): Promise<Right> {
  return { group: groupOf(kind), resource: await objects.resourceOf(kind), verbs };
}

/** The API group of a kind; empty for the oldest. */
export function groupOf({ apiVersion }: ObjectKind): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
}

/**
 * Returns where who asks has all of these in a namespace.
 *
 * @param options.more What to say besides of those that are missing.
 * @throws {DeployError} With those that are missing.
 */
export async function checkRights(
  act: string,
  client: ClusterClient,
  { namespace, rights, more = () => "" }: {
    readonly namespace: string;
    readonly rights: readonly Right[];
    readonly more?: (missing: readonly Right[]) => string;
  },
): Promise<void> {
  const asked = await Promise.all(rights.map(async (right) => {
    const allowed = await Promise.all(right.verbs.map((verb) => mayDo(client, act, namespace, { ...right, verb })));
    return { ...right, verbs: right.verbs.filter((_, index) => !allowed[index]) };
  }));
  const missing = asked.filter(({ verbs }) => verbs.length > 0);
  if (missing.length === 0) return;
  const told = missing.map(({ group, resource, verbs }) =>
    `${verbs.join(", ")} ${group === "" ? resource : `${resource}.${group}`}`
  );
  throw new DeployError(
    act,
    `who asks may not, in namespace "${namespace}": ${told.join("; ")}${
      more(missing)
    }. Have somebody give these rights; nothing is changed`,
  );
}

/** Whether who asks may do that in a namespace. */
export async function mayDo(
  client: ClusterClient,
  act: string,
  namespace: string,
  { group, resource, verb }: Pick<Right, "group" | "resource"> & { readonly verb: string },
): Promise<boolean> {
  const [name, subresource] = resource.split("/");
  const { status } = await client.json<{ status: { allowed: boolean } }>({
    act,
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: {
        resourceAttributes: { namespace, verb, group, resource: name, ...subresource !== undefined && { subresource } },
      },
    },
  });
  return status.allowed;
}
