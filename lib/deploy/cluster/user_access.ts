import { resolve } from "node:path";
import { z } from "zod";
import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { askPlugin, ExecPlugin } from "./exec_plugin.ts";
import { ACT, checkPart, type KubeconfigPart } from "./kubeconfig_file.ts";

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

/** Of the cluster, what a plugin may be told. */
export interface UserPlace {
  /** The user's. */
  readonly name: string;
  readonly cluster: { readonly server: string; readonly authority: string | undefined; readonly extensions?: unknown };
}

/**
 * As whom a cluster is asked.
 *
 * @throws {ClusterError} If it cannot be known: files that are not there, programs that fail.
 */
export async function userAccess(
  { value, folder }: KubeconfigPart,
  { name, cluster }: UserPlace,
): Promise<Pick<ClusterAccess, "authorization" | "certificate">> {
  const said = `user "${name}"`;
  const user = checkPart(User, value, said);
  if (user["auth-provider"] !== undefined) {
    const told = `${said} has an auth-provider, which kubectl gave up in 1.26`;
    throw new ClusterError(ACT, `${told}. Its cloud has an exec plugin in its place`);
  }
  if (user.exec !== undefined) return await askPlugin(user.exec, { user: name, folder, cluster });
  const cert = await readPem(user, { field: "client-certificate", folder, said });
  const key = await readPem(user, { field: "client-key", folder, said });
  if ((cert === undefined) !== (key === undefined)) {
    throw new ClusterError(ACT, `${said} has a client ${cert === undefined ? "key" : "certificate"} alone`);
  }
  const authorization = authorizationOf(user, folder);
  return {
    ...cert === undefined || key === undefined ? {} : { certificate: { cert, key } },
    ...authorization === undefined ? {} : { authorization },
  };
}

function authorizationOf(
  { token = "", tokenFile = "", username = "", password = "" }: z.infer<typeof User>,
  folder: string,
): (() => Promise<string>) | undefined {
  if (tokenFile !== "") return async () => `Bearer ${(await readText(resolve(folder, tokenFile))).trim()}`;
  if (token !== "") return () => Promise.resolve(`Bearer ${token}`);
  if (username === "") return undefined;
  const basic = new TextEncoder().encode(`${username}:${password}`).toBase64();
  return () => Promise.resolve(`Basic ${basic}`);
}

/**
 * What stands in `FIELD-data`, else in the file that FIELD names.
 *
 * @throws {ClusterError} If it is no PEM text.
 */
export async function readPem(
  part: Readonly<Record<string, unknown>>,
  { field, folder, said }: { field: string; folder: string; said: string },
): Promise<string | undefined> {
  const [data, file] = [part[`${field}-data`] as string | undefined, part[field] as string | undefined];
  const hasData = data !== undefined && data !== "";
  if (!hasData && (file === undefined || file === "")) return undefined;
  const text = hasData ? decoded(data) : await readText(resolve(folder, file!));
  if (text?.includes("-----BEGIN ") === true) return text;
  throw new ClusterError(
    ACT,
    `${said}: ${hasData ? `${field}-data is no base64 of PEM text` : `${file} is no PEM text`}`,
  );
}

function decoded(data: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(data));
  } catch {
    return undefined;
  }
}

async function readText(file: string): Promise<string> {
  return await Deno.readTextFile(file).catch((error: Error) => {
    throw new ClusterError(ACT, `the kubeconfig names ${file}, which cannot be read: ${error.message}`);
  });
}
