import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createSign } from "node:crypto";
import { join } from "node:path";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { SELF_SIGNED } from "../../support/loopback.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { askedBy, configMap, refusal } from "./asked_by.ts";
import type { ClusterCase } from "./cluster_case.ts";

/** A kubeconfig of a cluster with another user or authority. */
async function kubeconfigOf(
  cluster: Cluster,
  folder: string,
  parts: { user?: object; cluster?: object },
): Promise<string> {
  const shown = await cluster.kubectl(["config", "view", "--raw", "-o", "json"]);
  const config = JSON.parse(shown);
  if (parts.user !== undefined) config.users[0].user = parts.user;
  Object.assign(config.clusters[0].cluster, parts.cluster);
  const file = join(folder, `config-${crypto.randomUUID()}`);
  await Deno.writeTextFile(file, JSON.stringify(config));
  return file;
}

/** What is said to somebody who asks with this. */
async function refusalTo(
  cluster: Cluster,
  parts: { user?: object; cluster?: object },
  secrets: readonly string[] = [],
) {
  await using folder = await temporaryFolder();
  using asked = await askedBy(await kubeconfigOf(cluster, folder.path, parts));
  const { message, reason } = await refusal(asked.client.json({ act: "ask", path: "/version" }), secrets);
  return [message.replaceAll(/:\d{4,5}/g, ""), reason];
}

async function adminToken(cluster: Cluster): Promise<string> {
  return /token: (\S+)/.exec(await Deno.readTextFile(cluster.tokenKubeconfig))![1]!;
}

/** A service account's token that has ended, as the cluster itself would have signed it. */
async function endedToken(cluster: Cluster): Promise<string> {
  const part = (value: object) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });
  const claims = { iss: "https://kubernetes.default.svc", aud: ["https://kubernetes.default.svc"], exp: 1_700_000_000 };
  const text = `${part({ alg: "RS256" })}.${part({ ...claims, sub: "system:serviceaccount:default:default" })}`;
  const key = await Deno.readTextFile(join(cluster.folder, "pki", "sa.key"));
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

/** A certificate that the cluster's own authority has signed, for one day in 2020. */
async function endedCertificate(
  cluster: Cluster,
): Promise<{ "client-certificate-data": string; "client-key-data": string }> {
  await using folder = await temporaryFolder();
  const pki = join(cluster.folder, "pki");
  const script = `cd "$0" && touch index.txt && echo 01 >serial
printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index.txt\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nx509_extensions=v\\n[p]\\ncommonName=supplied\\n[v]\\nextendedKeyUsage=clientAuth\\n' >ca.cnf
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out key
openssl req -new -key key -subj /CN=ended -out csr
openssl ca -batch -config ca.cnf -keyfile ${pki}/ca.key -cert ${pki}/ca.crt -in csr -out crt -startdate 20200101000000Z \\
  -enddate 20200102000000Z -notext`;
  const made = await new Deno.Command("sh", { args: ["-ec", script, folder.path] }).output();
  ok(made.success, new TextDecoder().decode(made.stderr));
  const [cert, key] = await Promise.all(["crt", "key"].map((name) => Deno.readTextFile(join(folder.path, name))));
  return { "client-certificate-data": btoa(cert!), "client-key-data": btoa(key!) };
}

/** The same server by another address. */
function forward(hostname: string, port: number): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname, port: 0 });
  const pass = async (connection: Deno.TcpConn) => {
    const peer = await Deno.connect({ port });
    await Promise.allSettled([connection.readable.pipeTo(peer.writable), peer.readable.pipeTo(connection.writable)]);
  };
  (async () => {
    for await (const connection of listener) pass(connection).catch(() => {});
  })().catch(() => {});
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

const SAID = 'Cannot ask: cluster "levada"';
const AT = `${SAID} at https://127.0.0.1`;

/** As whom the API server is asked, and what is said where it cannot be. */
export const CLIENT_CASES: readonly ClusterCase[] = [{
  name: "objects are applied and read with a client certificate, a token, a token's file that changes, and a program",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    await using folder = await temporaryFolder();
    const [token, tokenFile, plugin] = [
      await adminToken(cluster),
      join(folder.path, "token"),
      join(folder.path, "plugin"),
    ];
    await Deno.writeTextFile(tokenFile, `${token}\n`);
    const status = JSON.stringify({ token: "TOKEN" });
    const script = `#!/bin/sh
printf '{"kind":"ExecCredential","status":${status}}' | sed "s/TOKEN/$(if [ -e "$0.asked" ]; then cat "${tokenFile}"; else echo old; fi)/"
touch "$0.asked"
`;
    await Deno.writeTextFile(plugin, script, { mode: 0o755 });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin", interactiveMode: "Never" };
    const own = [{ tokenFile }, { exec }].map((user) => kubeconfigOf(cluster, folder.path, { user }));
    for (const kubeconfig of [cluster.kubeconfig, cluster.tokenKubeconfig, ...await Promise.all(own)]) {
      using asked = await askedBy(kubeconfig);
      await asked.objects.apply(configMap(namespace, "one", { kubeconfig }));
      const read = await asked.objects.read({ apiVersion: "v1", kind: "ConfigMap", namespace, name: "one" });
      deepStrictEqual(read?.data, { kubeconfig });
    }
    using asked = await askedBy(await own[0]!);
    await Deno.writeTextFile(tokenFile, "old");
    strictEqual((await refusal(asked.objects.has({ apiVersion: "v1", kind: "Pod" }), [token])).status, 401);
    await Deno.writeTextFile(tokenFile, token);
    strictEqual(await asked.objects.has({ apiVersion: "v1", kind: "Pod" }), true);
  },
}, {
  name: "a wrong or ended token, an ended certificate and nobody at all are told apart",
  needsNode: false,
  async run(cluster) {
    const unknown = `${SAID} does not know who asks:`;
    const token = "levada-wrong-token";
    deepStrictEqual(await refusalTo(cluster, { user: { token } }, [token]), [
      `${unknown} the token is another cluster's, or was taken back. Log in anew`,
      "Unauthorized",
    ]);
    const ended = await endedToken(cluster);
    deepStrictEqual(await refusalTo(cluster, { user: { token: ended } }, [ended, ended.split(".")[2]!]), [
      `${unknown} its token has ended at 2023-11-14T22:13:20Z. Log in anew`,
      "Unauthorized",
    ]);
    deepStrictEqual(await refusalTo(cluster, { user: {} }), [
      `${unknown} the kubeconfig names no user for this context`,
      "Unauthorized",
    ]);
    const strange = {
      "client-certificate-data": btoa(SELF_SIGNED.cert),
      "client-key-data": btoa(SELF_SIGNED.key),
    };
    deepStrictEqual(await refusalTo(cluster, { user: strange }, [SELF_SIGNED.key]), [
      `${unknown} the certificate is another cluster's, or was taken back. Log in anew`,
      "Unauthorized",
    ]);
    const ended2020 = await endedCertificate(cluster);
    const secret = atob(ended2020["client-key-data"]);
    deepStrictEqual(await refusalTo(cluster, { user: ended2020 }, [secret]), [
      `${unknown} its certificate has ended at 2020-01-02T00:00:00Z. Log in anew`,
      "Unauthorized",
    ]);
  },
}, {
  name: "a server that another authority has signed, or that has another name, is not asked",
  needsNode: false,
  async run(cluster) {
    const authority = { "certificate-authority-data": btoa(SELF_SIGNED.cert) };
    const token = await adminToken(cluster);
    deepStrictEqual(await refusalTo(cluster, { cluster: authority, user: { token } }, [token]), [
      `${AT} shows a certificate that the kubeconfig's authority has not signed`,
      "Untrusted",
    ]);
    const { server } = JSON.parse(await cluster.kubectl(["config", "view", "-o", "json"])).clusters[0].cluster;
    using elsewhere = forward("127.0.0.2", Number(new URL(server).port));
    const other = { server: `https://127.0.0.2:${elsewhere.port}` };
    deepStrictEqual(await refusalTo(cluster, { cluster: other, user: { token } }, [token]), [
      `${SAID} at https://127.0.0.2 shows a certificate that is for another name`,
      "Untrusted",
    ]);
  },
}, {
  name: "who has no rights is told what it may not",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.plainKubeconfig);
    const { message, reason } = await refusal(asked.objects.apply(configMap(namespace, "one")));
    strictEqual(
      message,
      `Cannot apply ConfigMap ${namespace}/one: who asks may not: configmaps "one" is forbidden: User "plain-user" ` +
        `cannot patch resource "configmaps" in API group "" in the namespace "${namespace}"`,
    );
    strictEqual(reason, "Forbidden");
  },
}, {
  name: "a server that is gone is told at once, one that hangs in time, and both are asked again afterwards",
  needsNode: false,
  async run(cluster) {
    using asked = await askedBy(cluster.kubeconfig);
    const ask = (timeoutMs = 30_000) => asked.client.json({ act: "ask", path: "/version", timeoutMs });
    await ask();
    const resume = await cluster.pauseApiServer();
    const slow = await refusal(ask(500)).finally(resume);
    match(slow.message, /^Cannot ask: cluster "levada" at \S+ does not answer in time$/);
    await ask();
    try {
      await cluster.killApiServer();
      const { message } = await refusal(ask());
      match(
        message,
        /^Cannot ask: cluster "levada" at \S+ (refuses connections: is it running|broke off the connection)/,
      );
    } finally {
      await cluster.startApiServer();
    }
    await ask();
  },
}, {
  name: "a pod reaches its own cluster by its account",
  async run(cluster) {
    const namespace = await cluster.namespace();
    const root = new URL("../../../", import.meta.url).pathname;
    const program = `${root}tests/conformance/cluster/ask_from_pod.ts`;
    await cluster.addImage("levada.test/asker", {
      argv: ["deno", "run", "-A", `--config=${root}deno.json`, `--lock=${root}deno.lock`, program],
    });
    await cluster.kubectl([
      "create",
      "rolebinding",
      "view",
      "--clusterrole=view",
      `--serviceaccount=${namespace}:default`,
      "-n",
      namespace,
    ]);
    await cluster.kubectl(["create", "configmap", "told", "--from-literal=by=test", "-n", namespace]);
    const containers = [{ name: "main", image: "levada.test/asker:1" }];
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "asker" },
      spec: { restartPolicy: "Never", containers },
    };
    await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], pod);
    await cluster.kubectl([
      "wait",
      "--for=jsonpath={.status.phase}=Succeeded",
      "pod/asker",
      "-n",
      namespace,
      "--timeout=60s",
    ]);
    const said = JSON.parse(await cluster.kubectl(["logs", "asker", "-n", namespace]));
    deepStrictEqual(said.read, { by: "test" });
    deepStrictEqual(said.place, [`the pod's own`, namespace]);
    match(said.refused, /who asks may not: .*User "system:serviceaccount:test-\d+:default" cannot patch/);
  },
}];
