import { delimiter, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { readYaml } from "../../../stores/read_yaml.ts";
import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { askPlugin, ExecPlugin } from "./exec_plugin.ts";
import { podAccess } from "./pod_access.ts";

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
});

const User = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: ExecPlugin.optional(),
  "auth-provider": z.unknown().optional(),
});

const Context = z.object({
  cluster: z.string(),
  user: z.string().default(""),
  namespace: z.string().default("default"),
});

const Kubeconfig = z.object({
  "current-context": z.string().nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: z.unknown() })).nullish(),
  users: z.array(z.object({ name: z.string(), user: z.unknown() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.unknown() })).nullish(),
});

/** A part of a kubeconfig, and the folder from which its files are named. */
interface Found {
  readonly value: unknown;
  readonly folder: string;
}

interface Merged {
  readonly current: string | undefined;
  readonly clusters: ReadonlyMap<string, Found>;
  readonly users: ReadonlyMap<string, Found>;
  readonly contexts: ReadonlyMap<string, Found>;
}

const ACT = "reach a cluster";

/**
 * How a cluster is reached, as kubectl would: the same files, the same context.
 *
 * @throws {ClusterError} If no kubeconfig is there, it is none, or it asks for what cannot be done here.
 */
export async function clusterAccess({ kubeconfig, context }: AccessWish = {}): Promise<ClusterAccess> {
  const files = kubeconfig === undefined ? ownFiles() : [kubeconfig];
  const read = (await Promise.all(files.map(readFile))).filter((one) => one !== undefined);
  if (read.length === 0) {
    const pod = kubeconfig === undefined && context === undefined ? await podAccess() : undefined;
    if (pod !== undefined) return pod;
    throw new ClusterError(
      ACT,
      `there is no kubeconfig: ${
        files.join(", ") || "HOME is not set"
      }. Name one: KUBECONFIG=FILE, or { kubeconfig: "FILE" }`,
    );
  }
  const merged = merge(read);
  const name = context ?? merged.current;
  if (name === undefined || name === "") {
    throw new ClusterError(ACT, `${files.join(", ")} has no current context. Name one: ${listed(merged.contexts)}`);
  }
  return accessOf(name, merged);
}

function ownFiles(): string[] {
  const named = (Deno.env.get("KUBECONFIG") ?? "").split(delimiter).filter((file) => file !== "");
  const home = Deno.env.get("HOME");
  return named.length > 0 ? named : home === undefined ? [] : [join(home, ".kube", "config")];
}

async function readFile(file: string): Promise<{ folder: string; config: z.infer<typeof Kubeconfig> } | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ClusterError(ACT, `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let value: unknown;
  try {
    value = await readYaml(text) ?? {};
  } catch (error) {
    throw new ClusterError(ACT, `${file} is no kubeconfig: ${(error as Error).message}`, { cause: error });
  }
  return { folder: dirname(resolve(file)), config: checked(Kubeconfig, value, `${file} is no kubeconfig`) };
}

/** As kubectl has it: of each name the first file's. */
function merge(read: readonly { folder: string; config: z.infer<typeof Kubeconfig> }[]): Merged {
  const gather = (pick: (config: z.infer<typeof Kubeconfig>) => readonly { name: string; value: unknown }[]) => {
    const found = new Map<string, Found>();
    for (const { folder, config } of read) {
      for (const { name, value } of pick(config)) if (!found.has(name)) found.set(name, { value, folder });
    }
    return found;
  };
  return {
    current: read.map(({ config }) => config["current-context"]).find((name) => (name ?? "") !== "") ?? undefined,
    clusters: gather(({ clusters }) => (clusters ?? []).map(({ name, cluster }) => ({ name, value: cluster }))),
    users: gather(({ users }) => (users ?? []).map(({ name, user }) => ({ name, value: user }))),
    contexts: gather(({ contexts }) => (contexts ?? []).map(({ name, context }) => ({ name, value: context }))),
  };
}

async function accessOf(name: string, { clusters, users, contexts }: Merged): Promise<ClusterAccess> {
  const said = `context "${name}"`;
  const context = checked(Context, found(contexts, name, "context").value, said);
  const { value, folder } = found(clusters, context.cluster, "cluster");
  const cluster = checked(Cluster, value, `cluster "${context.cluster}"`);
  if (cluster["insecure-skip-tls-verify"] === true) {
    throw new ClusterError(
      ACT,
      `cluster "${context.cluster}" says insecure-skip-tls-verify, which is not done here. Name its authority instead: ` +
        "`kubectl config set-cluster NAME --certificate-authority=FILE --embed-certs`",
    );
  }
  if (cluster["tls-server-name"] !== undefined) {
    throw new ClusterError(
      ACT,
      `cluster "${context.cluster}" says tls-server-name, which Deno cannot check. Give it a server by the name in its certificate`,
    );
  }
  const authority = await textOf(cluster, "certificate-authority", folder);
  const proxy = cluster["proxy-url"];
  return {
    name,
    server: cluster.server.replace(/\/+$/, ""),
    namespace: context.namespace === "" ? "default" : context.namespace,
    ...authority === undefined ? {} : { authority },
    ...proxy === undefined ? {} : { proxy },
    ...context.user === "" ? {} : await userAccess(context.user, found(users, context.user, "user")),
  };
}

type UserAccess = Pick<ClusterAccess, "authorization" | "certificate">;

async function userAccess(name: string, { value, folder }: Found): Promise<UserAccess> {
  const user = checked(User, value, `user "${name}"`);
  if (user["auth-provider"] !== undefined) {
    throw new ClusterError(
      ACT,
      `user "${name}" has an auth-provider, which kubectl gave up in 1.26. Its cloud has an exec plugin in its place`,
    );
  }
  if (user.exec !== undefined) return await askPlugin(user.exec, { user: name, folder });
  const [cert, key] = [await textOf(user, "client-certificate", folder), await textOf(user, "client-key", folder)];
  if ((cert === undefined) !== (key === undefined)) {
    throw new ClusterError(ACT, `user "${name}" has a client ${cert === undefined ? "key" : "certificate"} alone`);
  }
  const { token, tokenFile, username, password } = user;
  const authorization = tokenFile !== undefined
    ? async () => `Bearer ${(await readText(resolve(folder, tokenFile))).trim()}`
    : token !== undefined
    ? () => Promise.resolve(`Bearer ${token}`)
    : username !== undefined
    ? () => Promise.resolve(`Basic ${btoa(`${username}:${password ?? ""}`)}`)
    : undefined;
  return {
    ...cert === undefined || key === undefined ? {} : { certificate: { cert, key } },
    ...authorization === undefined ? {} : { authorization },
  };
}

/** What stands in `…-data`, else in the file that the field names. */
async function textOf(
  part: Readonly<Record<string, unknown>>,
  field: string,
  folder: string,
): Promise<string | undefined> {
  const [data, file] = [part[`${field}-data`] as string | undefined, part[field] as string | undefined];
  if (data !== undefined && data !== "") {
    try {
      return new TextDecoder().decode(Uint8Array.fromBase64(data));
    } catch {
      throw new ClusterError(ACT, `${field}-data is no base64`);
    }
  }
  return file === undefined || file === "" ? undefined : await readText(resolve(folder, file));
}

async function readText(file: string): Promise<string> {
  return await Deno.readTextFile(file).catch((error: Error) => {
    throw new ClusterError(ACT, `the kubeconfig names ${file}, which cannot be read: ${error.message}`, {
      cause: error,
    });
  });
}

function found(parts: ReadonlyMap<string, Found>, name: string, what: string): Found {
  const part = parts.get(name);
  if (part !== undefined) return part;
  throw new ClusterError(ACT, `the kubeconfig has no ${what} "${name}", only ${listed(parts)}`);
}

function listed(parts: ReadonlyMap<string, Found>): string {
  return parts.size === 0 ? "none" : [...parts.keys()].map((name) => `"${name}"`).join(", ");
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, said: string): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new ClusterError(ACT, `${said}: ${[...issue!.path.map(String), issue!.message].join(": ")}`);
}
