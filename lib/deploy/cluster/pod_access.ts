import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const ACT = "reach the cluster of this pod";

/**
 * How a pod reaches the cluster that it runs in; undefined where this is no pod.
 *
 * @throws {ClusterError} If the pod has no account, or its files cannot be read.
 */
export async function podAccess(folder: string = ACCOUNT): Promise<ClusterAccess | undefined> {
  const [host, port] = [Deno.env.get("KUBERNETES_SERVICE_HOST"), Deno.env.get("KUBERNETES_SERVICE_PORT") ?? "443"];
  if (host === undefined || host === "") return undefined;
  const read = (name: string) =>
    Deno.readTextFile(`${folder}/${name}`).catch((error: Error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw new ClusterError(ACT, error.message);
      throw new ClusterError(
        ACT,
        `it has no ${folder}/${name}, and its template may be without automountServiceAccountToken`,
      );
    });
  const [authority, namespace] = await Promise.all([read("ca.crt"), read("namespace"), read("token")]);
  return {
    name: "the pod's own",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: namespace.trim(),
    authority,
    authorization: async () => `Bearer ${(await read("token")).trim()}`, // it is written anew every hour
  };
}
