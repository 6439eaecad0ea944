import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { ACT } from "./kubeconfig_file.ts";
import { TimeBound } from "./time_bound.ts";

/** How a program is asked for credentials, as a kubeconfig says. */
export const ExecPlugin = z.object({
  apiVersion: z.enum(["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().nullish(),
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: z.enum(["Never", "IfAvailable", "Always"]).nullish(),
});

/** What the program writes. */
const Credential = z.object({
  kind: z.literal("ExecCredential"),
  status: z.object({
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
  }),
});

/** Whom the program is asked for. */
export interface PluginPlace {
  readonly user: string;
  /** Of the kubeconfig: commands with a `/` are named from there. */
  readonly folder: string;
  /** What it may be told of the cluster. */
  readonly cluster: { readonly server: string; readonly authority: string | undefined; readonly extensions?: unknown };
  /** How long it may take: it may wait for somebody to log in. Default 120,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;
const LARGEST_BYTES = 1024 * 1024;
const EARLY_MS = 30_000; // a token that ends within a request is of no use
const NEVER = "9999-01-01T00:00:00Z";

/**
 * Asks a program for credentials, as kubectl does: the tools of clouds are such. A token is asked for anew when it ends or is refused; a
 * certificate is taken once.
 *
 * @throws {ClusterError} If it cannot be started, fails, takes too long, or writes anything else.
 */
export async function askPlugin(
  plugin: z.infer<typeof ExecPlugin>,
  place: PluginPlace,
): Promise<Pick<ClusterAccess, "authorization" | "certificate">> {
  let asked = ask(plugin, place);
  const { clientCertificateData: cert, clientKeyData: key, token } = await asked;
  const hasCertificate = typeof cert === "string" && typeof key === "string";
  if (typeof token !== "string" && !hasCertificate) {
    throw new ClusterError(
      ACT,
      `"${plugin.command}", which user "${place.user}" asks, gave neither a token nor a certificate`,
    );
  }
  return {
    ...hasCertificate ? { certificate: { cert, key } } : {},
    ...typeof token !== "string" ? {} : {
      authorization: async (wasRefused = false) => {
        const before = asked;
        const { expirationTimestamp } = await before;
        const isOver = Date.parse(expirationTimestamp ?? NEVER) - EARLY_MS < Date.now();
        if ((wasRefused || isOver) && asked === before) { // whoever comes second waits for the first one's
          asked = ask(plugin, place);
          asked.catch(() => asked = before); // asked once more the next time
        }
        return `Bearer ${(await asked).token ?? ""}`;
      },
    },
  };
}

async function ask(
  plugin: z.infer<typeof ExecPlugin>,
  { user, folder, cluster, timeoutMs = TIMEOUT_MS }: PluginPlace,
): Promise<z.infer<typeof Credential>["status"]> {
  const { apiVersion, command, args, env, installHint, interactiveMode } = plugin;
  const said = `"${command}", which user "${user}" asks for a token,`;
  if (interactiveMode === "Always") {
    throw new ClusterError(ACT, `${said} wants to ask in a terminal. Log in with kubectl`);
  }
  const hint = (installHint ?? "") === "" ? "" : `. ${installHint!.trim()}`;
  const path = !isAbsolute(command) && command.includes("/") ? resolve(folder, command) : command;
  const output = await outputOf(
    new Deno.Command(path, {
      args: args ?? [],
      env: {
        ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify({
          apiVersion,
          kind: "ExecCredential",
          spec: { interactive: false, ...plugin.provideClusterInfo === true ? { cluster: infoOf(cluster) } : {} },
        }),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }),
    timeoutMs,
  ).catch((error: Error) => {
    const told = /^(not done|ended)/.test(error.message)
      ? `was ${error.message}`
      : `cannot be started: ${error.message}`;
    throw new ClusterError(ACT, `${said} ${told}${hint}`);
  });
  if (!output.success) {
    const lines = output.stderr.split("\n").filter((line) => line.trim() !== "").slice(-5);
    throw new ClusterError(ACT, [`${said} ended with ${output.code}${hint}`, ...lines].join("\n  "));
  }
  try {
    return Credential.parse(JSON.parse(output.stdout)).status;
  } catch {
    throw new ClusterError(ACT, `${said} wrote no ExecCredential`);
  }
}

interface Output extends Deno.CommandStatus {
  readonly stdout: string;
  readonly stderr: string;
}

/** What it writes; who takes too long is killed, and what it has started is not waited for. */
async function outputOf(command: Deno.Command, timeoutMs: number): Promise<Output> {
  const child = command.spawn();
  using bound = new TimeBound(timeoutMs);
  try {
    const [stdout, stderr] = await Promise.all([
      textOf(child.stdout, bound.signal),
      textOf(child.stderr, bound.signal),
    ]);
    return { ...await child.status, stdout, stderr };
  } catch (error) {
    child.kill("SIGKILL");
    await child.status;
    throw error;
  }
}

async function textOf(stream: ReadableStream<BlobPart & Uint8Array>, signal: AbortSignal): Promise<string> {
  const parts: BlobPart[] = [];
  let size = 0;
  const write = (part: BlobPart & Uint8Array) => {
    parts.push(part);
    if ((size += part.length) > LARGEST_BYTES) throw new Error(`ended: it writes more than ${LARGEST_BYTES} bytes`);
  };
  await stream.pipeTo(new WritableStream({ write }), { signal });
  return await new Blob(parts).text();
}

/** As `KUBERNETES_EXEC_INFO` has it. */
function infoOf({ server, authority, extensions }: PluginPlace["cluster"]): object {
  const all = z.array(z.object({ name: z.string(), extension: z.unknown().optional() })).safeParse(extensions).data ??
    [];
  const config = all.find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension;
  return {
    server,
    ...authority === undefined ? {} : { "certificate-authority-data": new TextEncoder().encode(authority).toBase64() },
    ...config === undefined ? {} : { config },
  };
}
