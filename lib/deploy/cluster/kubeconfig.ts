import { delimiter, join } from "node:path";
import { z } from "zod";
import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import {
  ACT,
  checkPart,
  type Kubeconfig,
  mergeKubeconfigs,
  namesOf,
  partOf,
  readKubeconfig,
} from "./kubeconfig_file.ts";
import { podAccess } from "./pod_access.ts";
import { readPem, userAccess } from "./user_access.ts";

/** Which cluster is meant. */
export interface AccessWish {
  /** A kubeconfig. Default: those that `KUBECONFIG` names, else `~/.kube/config`, else the account that a pod has. */
  readonly kubeconfig?: string;
  /** A context in it. Default: its current one. */
  readonly context?: string;
}

const Cluster = z.object({
  server: z.url({ protocol: /^https?$/ }),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
  "proxy-url": z.string().optional(),
  extensions: z.unknown().optional(),
});

const Context = z.object({ cluster: z.string(), user: z.string().default(""), namespace: z.string().default("") });

/**
 * How a cluster is reached, as kubectl would: the same files, the same context.
 *
 * @throws {ClusterError} If no kubeconfig is there, it is none, or it asks for what cannot be done here.
 */
export async function clusterAccess({ kubeconfig, context }: AccessWish = {}): Promise<ClusterAccess> {
  const files = kubeconfig === undefined ? ownFiles() : [kubeconfig];
  const read = (await Promise.all(files.map(readKubeconfig))).filter((one) => one !== undefined);
  if (read.length === 0) {
    const pod = kubeconfig === undefined && context === undefined ? await podAccess() : undefined;
    if (pod !== undefined) return pod;
    const told = `there is no kubeconfig: ${files.join(", ") || "HOME is not set"}`;
    throw new ClusterError(ACT, `${told}. Name one: KUBECONFIG=FILE, or { kubeconfig: "FILE" }`);
  }
  const merged = mergeKubeconfigs(read);
  const name = context ?? merged.current ?? "";
  if (merged.contexts.size === 0) {
    const told = `${files.join(", ")} has no context: it is empty, or another file is meant`;
    throw new ClusterError(ACT, `${told}. Name that: KUBECONFIG=FILE, or { kubeconfig: "FILE" }`);
  }
  if (name === "") {
    throw new ClusterError(ACT, `${files.join(", ")} has no current context. Name one: ${namesOf(merged.contexts)}`);
  }
  return await accessOf(name, merged);
}

function ownFiles(): string[] {
  const named = (Deno.env.get("KUBECONFIG") ?? "").split(delimiter).filter((file) => file !== "");
  const home = Deno.env.get("HOME");
  return named.length > 0 ? named : home === undefined ? [] : [join(home, ".kube", "config")];
}

async function accessOf(name: string, { clusters, users, contexts }: Kubeconfig): Promise<ClusterAccess> {
  const context = checkPart(Context, partOf(contexts, name, "context").value, `context "${name}"`);
  const { value, folder } = partOf(clusters, context.cluster, "cluster");
  const said = `cluster "${context.cluster}"`;
  const cluster = checkPart(Cluster, value, said);
  refuseUnsafe(cluster, said);
  const authority = await readPem(cluster, { field: "certificate-authority", folder, said });
  const { server, "proxy-url": proxy = "" } = cluster;
  const isEncrypted = server.startsWith("https:"); // nobody's secrets go unencrypted: neither does kubectl send them
  const user = isEncrypted && context.user !== "" ? partOf(users, context.user, "user") : undefined;
  return {
    name,
    server: server.replace(/\/+$/, ""),
    namespace: context.namespace || "default",
    ...authority === undefined ? {} : { authority },
    ...proxy === "" ? {} : { proxy },
    ...user === undefined ? {} : await userAccess(user, { name: context.user, cluster: { ...cluster, authority } }),
  };
}

/** What would be less safe than it looks, or cannot be done by Deno. */
function refuseUnsafe(cluster: z.infer<typeof Cluster>, said: string): void {
  if (cluster["insecure-skip-tls-verify"] === true) {
    throw new ClusterError(
      ACT,
      `${said} says insecure-skip-tls-verify, which is not done here. Name its authority instead: ` +
        "`kubectl config set-cluster NAME --certificate-authority=FILE --embed-certs`",
    );
  }
  if (cluster["tls-server-name"] !== undefined) {
    const told = `${said} says tls-server-name, which Deno cannot check`;
    throw new ClusterError(ACT, `${told}. Give it a server by the name in its certificate`);
  }
  const { username, password, search, hash } = new URL(cluster.server);
  if (`${username}${password}${search}${hash}` !== "") {
    throw new ClusterError(ACT, `${said} has a server with a user, a password or a query; a user has these`);
  }
}
