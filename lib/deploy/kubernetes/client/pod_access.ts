import type { ClusterAccess } from "./cluster_access.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** How a pod reaches the cluster that it runs in; undefined where this is no pod, or it has no account. */
export async function podAccess(folder: string = ACCOUNT): Promise<ClusterAccess | undefined> {
  const [host, port] = [Deno.env.get("KUBERNETES_SERVICE_HOST"), Deno.env.get("KUBERNETES_SERVICE_PORT") ?? "443"];
  if (host === undefined) return undefined;
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  try {
    const [authority, namespace] = await Promise.all([read("ca.crt"), read("namespace"), read("token")]);
    return {
      name: "the pod's own",
      server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      namespace: namespace.trim(),
      authority,
      authorization: async () => `Bearer ${(await read("token")).trim()}`, // it is written anew every hour
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
