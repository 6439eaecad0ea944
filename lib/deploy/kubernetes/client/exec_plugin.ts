import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";

/** How a program is asked for credentials, as a kubeconfig says. */
export const ExecPlugin = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().optional(),
});

/** What the program writes. */
const Credential = z.object({
  kind: z.literal("ExecCredential"),
  status: z.object({
    expirationTimestamp: z.iso.datetime({ offset: true }).optional(),
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

const ACT = "reach a cluster";
const EARLY_MS = 30_000; // a token that ends within a request is of no use

/**
 * Asks a program for credentials, as kubectl does: the tools of clouds are such. A token is asked for anew when it ends.
 *
 * @throws {ClusterError} If it cannot be started, fails, or writes anything else.
 */
export async function askPlugin(
  plugin: z.infer<typeof ExecPlugin>,
  { user, folder }: { user: string; folder: string },
): Promise<Pick<ClusterAccess, "authorization" | "certificate">> {
  const ask = async () => (await run(plugin, user, folder)).status;
  let last = await ask();
  const { clientCertificateData: cert, clientKeyData: key, token } = last;
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new ClusterError(
      ACT,
      `"${plugin.command}", which user "${user}" asks, gave neither a token nor a certificate`,
    );
  }
  return {
    ...cert === undefined || key === undefined ? {} : { certificate: { cert, key } },
    ...token === undefined ? {} : {
      authorization: async () => {
        if (Date.parse(last.expirationTimestamp ?? "9999-01-01T00:00:00Z") - EARLY_MS < Date.now()) last = await ask();
        return `Bearer ${last.token ?? ""}`;
      },
    },
  };
}

async function run(
  { apiVersion, command, args, env, installHint }: z.infer<typeof ExecPlugin>,
  user: string,
  folder: string,
): Promise<z.infer<typeof Credential>> {
  const said = `"${command}", which user "${user}" asks for a token,`;
  const hint = installHint === undefined ? "" : `. ${installHint.trim()}`;
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec: { interactive: false } });
  const path = !isAbsolute(command) && command.includes("/") ? resolve(folder, command) : command;
  const output = await new Deno.Command(path, {
    args: args ?? [],
    env: { ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: info },
    stdin: "null",
    stderr: "piped",
  }).output().catch((error: Error) => {
    throw new ClusterError(ACT, `${said} cannot be started: ${error.message}${hint}`, { cause: error });
  });
  if (!output.success) {
    const lines = new TextDecoder().decode(output.stderr).trim().split("\n").slice(-5).join("\n  ");
    throw new ClusterError(ACT, `${said} ended with ${output.code}${hint}\n  ${lines}`);
  }
  try {
    return Credential.parse(JSON.parse(new TextDecoder().decode(output.stdout)));
  } catch (error) {
    throw new ClusterError(ACT, `${said} wrote no ExecCredential`, { cause: error });
  }
}
