import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { ClusterAccess } from "../../../../../lib/deploy/cluster/cluster_access.ts";
import { ClusterError } from "../../../../../lib/deploy/cluster/cluster_error.ts";
import { clusterAccess } from "../../../../../lib/deploy/cluster/kubeconfig.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const SECRET = "s3cret-of-nobody";
const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const KEY = `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`;

interface Parts {
  readonly cluster?: object | null;
  readonly user?: object | null;
  readonly context?: object;
}

/** A kubeconfig of one context; JSON is YAML. */
function configOf(name: string, { cluster = {}, user = {}, context = {} }: Parts = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: cluster === null ? null : { server: `https://${name}.test:6443`, ...cluster } }],
    users: [{ name: `${name}-user`, user }],
    contexts: [{ name, context: { cluster: name, user: `${name}-user`, ...context } }],
  });
}

/** Reads a kubeconfig that stands in a file, beside others. */
async function accessOf(
  config: string,
  { files = {}, context }: { files?: Record<string, string>; context?: string } = {},
): Promise<ClusterAccess> {
  await using folder = await temporaryFolder();
  const kubeconfig = join(folder.path, "config");
  await Deno.writeTextFile(kubeconfig, config);
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder.path, name), text);
  const access = await clusterAccess({ kubeconfig, ...context === undefined ? {} : { context } });
  const authorization = await access.authorization?.(); // before its files are gone
  return { ...access, ...authorization === undefined ? {} : { authorization: () => Promise.resolve(authorization) } };
}

/** What is said of a kubeconfig, its folder left out; nothing of it may be a secret. */
async function refusalOf(config: string, options: { files?: Record<string, string>; context?: string } = {}) {
  const error = await accessOf(config, options).then(() => undefined, (error: unknown) => error);
  ok(error instanceof ClusterError, `${error}`);
  ok(!Deno.inspect(error).includes(SECRET), "a secret is told");
  return error.message.replaceAll(/\/\S*\/(?=[\w-]+)/g, "");
}

async function withEnv(values: Record<string, string | undefined>, test: () => Promise<void>): Promise<void> {
  const before = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  try {
    for (const [name, value] of Object.entries(values)) set(name, value);
    await test();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

Deno.test("clusterAccess() reads the current context: server, namespace, authority", async () => {
  const cluster = { server: "https://a.test:6443/k8s/c-1/", "certificate-authority-data": btoa(PEM) };
  deepStrictEqual(await accessOf(configOf("a", { cluster, context: { namespace: "shop" } })), {
    name: "a",
    server: "https://a.test:6443/k8s/c-1",
    namespace: "shop",
    authority: PEM,
  });
});

Deno.test("clusterAccess() takes what is null or empty as not said", async () => {
  const user = { token: "", "client-certificate": null, "client-key-data": "", exec: null, username: "" };
  const access = await accessOf(configOf("a", { user, context: { namespace: "" }, cluster: { "proxy-url": null } }));
  deepStrictEqual(access, { name: "a", server: "https://a.test:6443", namespace: "default" });
  deepStrictEqual(await accessOf(configOf("a", { user: null })), access);
});

Deno.test("clusterAccess() reads YAML as kubectl writes it", async () => {
  const yaml = `apiVersion: v1
kind: Config
preferences: {}
current-context: two
clusters:
- cluster: {server: "https://one.test"}
  name: one
- cluster:
    certificate-authority: ca.crt
    server: https://two.test
  name: two
contexts:
- context: {cluster: one, user: me}
  name: one
- context: {cluster: two, namespace: shop, user: me}
  name: two
users:
- name: me
  user:
    token: t-1
`;
  const files = { "ca.crt": PEM };
  const two = await accessOf(yaml, { files });
  deepStrictEqual([two.name, two.namespace, two.authority, await two.authorization?.()], [
    "two",
    "shop",
    PEM,
    "Bearer t-1",
  ]);
  strictEqual((await accessOf(yaml, { files, context: "one" })).server, "https://one.test");
});

Deno.test("clusterAccess() reads each kind of credentials; files are named from the kubeconfig's folder", async () => {
  const files = { "me.crt": PEM, "me.key": KEY, token: `${SECRET}\n` };
  const certificate = { cert: PEM, key: KEY };
  const inFiles = await accessOf(configOf("a", { user: { "client-certificate": "me.crt", "client-key": "me.key" } }), {
    files,
  });
  deepStrictEqual(inFiles.certificate, certificate);
  const data = { "client-certificate-data": btoa(PEM), "client-key-data": btoa(KEY) };
  deepStrictEqual((await accessOf(configOf("a", { user: data }))).certificate, certificate);
  for (
    const [user, authorization] of [
      [{ token: SECRET }, `Bearer ${SECRET}`],
      [{ token: "old", tokenFile: "token" }, `Bearer ${SECRET}`],
      [{ username: "me", password: "pä" }, "Basic bWU6cMOk"],
    ] as const
  ) {
    strictEqual(await (await accessOf(configOf("a", { user }), { files })).authorization?.(), authorization);
  }
});

Deno.test("clusterAccess() reads a token's file each time it is asked", async () => {
  await using folder = await temporaryFolder();
  const [kubeconfig, tokenFile] = [join(folder.path, "config"), join(folder.path, "token")];
  await Deno.writeTextFile(kubeconfig, configOf("a", { user: { tokenFile } }));
  const { authorization } = await clusterAccess({ kubeconfig });
  for (const token of ["one", "two"]) {
    await Deno.writeTextFile(tokenFile, token);
    strictEqual(await authorization!(), `Bearer ${token}`);
  }
});

Deno.test("clusterAccess() sends no credentials where nothing is encrypted, as kubectl does", async () => {
  const access = await accessOf(
    configOf("a", { cluster: { server: "http://127.0.0.1:8001" }, user: { token: SECRET } }),
  );
  deepStrictEqual(access, { name: "a", server: "http://127.0.0.1:8001", namespace: "default" });
});

Deno.test("clusterAccess() merges the files that KUBECONFIG names: of each name the first; those that are not there do not count", async () => {
  await using folder = await temporaryFolder();
  const [one, two, none] = ["one", "two", "none"].map((name) => join(folder.path, name));
  await Deno.writeTextFile(one!, configOf("a", { context: { namespace: "first" } }));
  const later = JSON.parse(configOf("a", { context: { namespace: "second" } }));
  const other = JSON.parse(configOf("b"));
  for (const part of ["clusters", "users", "contexts"]) later[part].push(...other[part]);
  await Deno.writeTextFile(two!, JSON.stringify({ ...later, "current-context": "b" }));
  await withEnv({ KUBECONFIG: [none, one, "", two].join(":") }, async () => {
    deepStrictEqual([(await clusterAccess()).name, (await clusterAccess()).namespace], ["a", "first"]);
    strictEqual((await clusterAccess({ context: "b" })).server, "https://b.test:6443");
  });
  await withEnv({ KUBECONFIG: [two, one].join(":") }, async () => strictEqual((await clusterAccess()).name, "b"));
});

Deno.test("clusterAccess() takes ~/.kube/config where nothing is said; without it there is no cluster", async () => {
  await using folder = await temporaryFolder();
  await withEnv({ KUBECONFIG: undefined, HOME: folder.path, KUBERNETES_SERVICE_HOST: undefined }, async () => {
    await rejects(clusterAccess(), {
      message: `Cannot reach a cluster: there is no kubeconfig: ${join(folder.path, ".kube", "config")}. ` +
        `Name one: KUBECONFIG=FILE, or { kubeconfig: "FILE" }`,
    });
    await Deno.mkdir(join(folder.path, ".kube"));
    await Deno.writeTextFile(join(folder.path, ".kube", "config"), configOf("home"));
    strictEqual((await clusterAccess()).name, "home");
  });
});

Deno.test("clusterAccess() names what a kubeconfig lacks", async () => {
  strictEqual(
    await refusalOf(configOf("a"), { context: "b" }),
    `Cannot reach a cluster: the kubeconfig has no context "b", only "a"`,
  );
  strictEqual(
    await refusalOf(configOf("a", { context: { cluster: "x" } })),
    `Cannot reach a cluster: the kubeconfig has no cluster "x", only "a"`,
  );
  strictEqual(
    await refusalOf(configOf("a", { context: { user: "x" } })),
    `Cannot reach a cluster: the kubeconfig has no user "x", only "a-user"`,
  );
  strictEqual(
    await refusalOf(configOf("a").replace(`"current-context":"a",`, "")),
    `Cannot reach a cluster: config has no current context. Name one: "a"`,
  );
});

Deno.test("clusterAccess() refuses what would be less safe than it looks", async () => {
  for (
    const [parts, said] of [
      [{ cluster: { "insecure-skip-tls-verify": true } }, /insecure-skip-tls-verify, which is not done here/],
      [{ cluster: { "tls-server-name": "b" } }, /tls-server-name, which Deno cannot check/],
      [{ cluster: { server: `https://me:${SECRET}@a.test` } }, /a server with a user, a password or a query/],
      [{ cluster: { server: "ftp://a.test" } }, /cluster "a": server: Invalid URL/],
      [{ cluster: { "certificate-authority-data": SECRET } }, /certificate-authority-data is no base64 of PEM text/],
      [{ cluster: { "certificate-authority": "none.crt" } }, /names none.crt, which cannot be read/],
      [{ user: { "client-certificate-data": btoa(PEM) } }, /has a client certificate alone/],
      [{ user: { "client-key-data": btoa(KEY) } }, /has a client key alone/],
      [{ user: { "client-key-data": btoa(SECRET) } }, /client-key-data is no base64 of PEM text/],
      [{ user: { "auth-provider": { name: "gcp", config: { token: SECRET } } } }, /which kubectl gave up in 1.26/],
      [{ user: { token: [SECRET] } }, /user "a-user": token: Invalid input: expected string, received array/],
      [{ user: [SECRET] }, /user "a-user": Invalid input: expected object, received array/],
    ] as const
  ) {
    const message = await refusalOf(configOf("a", parts as Parts));
    ok(said.test(message), message);
  }
});

Deno.test("clusterAccess() says that a file has no context at all", async () => {
  for (const config of ["", "{}"]) {
    strictEqual(
      await refusalOf(config),
      'Cannot reach a cluster: config has no context: it is empty, or another file is meant. Name that: KUBECONFIG=FILE, or { kubeconfig: "FILE" }',
    );
  }
});
