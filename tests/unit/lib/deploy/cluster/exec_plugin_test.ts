import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ClusterError } from "../../../../../lib/deploy/cluster/cluster_error.ts";
import { askPlugin, ExecPlugin } from "../../../../../lib/deploy/cluster/exec_plugin.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const SECRET = "s3cret-of-nobody";
const V1 = "client.authentication.k8s.io/v1";

interface Asked {
  readonly plugin?: object;
  readonly timeoutMs?: number;
  readonly extensions?: unknown;
}

/** A program that a test writes: a shell script in a kubeconfig's folder. */
async function withPlugin(
  script: string,
  test: (ask: (asked?: Asked) => ReturnType<typeof askPlugin>, folder: string) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "plugin"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const ask = ({ plugin = {}, timeoutMs, extensions }: Asked = {}) =>
    askPlugin(ExecPlugin.parse({ apiVersion: V1, command: "./plugin", ...plugin }), {
      user: "me",
      folder: folder.path,
      cluster: { server: "https://a.test", authority: "PEM", extensions },
      ...timeoutMs === undefined ? {} : { timeoutMs },
    });
  await test(ask, folder.path);
}

function credential(status: object): string {
  return JSON.stringify({ apiVersion: V1, kind: "ExecCredential", status });
}

Deno.test("askPlugin() takes a token, or a certificate and its key, or both", async () => {
  await withPlugin(`echo '${credential({ token: SECRET })}'`, async (ask) => {
    const { authorization, certificate } = await ask();
    deepStrictEqual([await authorization?.(), certificate], [`Bearer ${SECRET}`, undefined]);
  });
  const certificate = { clientCertificateData: "CERT", clientKeyData: "KEY" };
  await withPlugin(`echo '${credential({ ...certificate, token: null })}'`, async (ask) => {
    deepStrictEqual(await ask(), { certificate: { cert: "CERT", key: "KEY" } });
  });
});

Deno.test("askPlugin() tells the program what it may know, with the environment that is asked for", async () => {
  const told = `echo "$KUBERNETES_EXEC_INFO|$REGION|$*" >told; echo '${credential({ token: "t" })}'`;
  await withPlugin(`cd "$(dirname "$0")"; ${told}`, async (ask, folder) => {
    const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }];
    const plugin = { provideClusterInfo: true, args: ["get-token", "a b"], env: [{ name: "REGION", value: "eu" }] };
    await ask({ plugin, extensions });
    const [info, ...rest] = (await Deno.readTextFile(join(folder, "told"))).trim().split("|");
    deepStrictEqual(rest, ["eu", "get-token a b"]);
    deepStrictEqual(JSON.parse(info!), {
      apiVersion: V1,
      kind: "ExecCredential",
      spec: {
        interactive: false,
        cluster: {
          server: "https://a.test",
          "certificate-authority-data": btoa("PEM"),
          config: { audience: "x" },
        },
      },
    });
    await ask();
    const [less] = (await Deno.readTextFile(join(folder, "told"))).split("|");
    deepStrictEqual(JSON.parse(less!).spec, { interactive: false });
  });
});

/** A program whose tokens are counted. */
const COUNTING = (ends: string) =>
  `cd "$(dirname "$0")"; echo . >>count; n=$(wc -l <count); printf '${
    credential({ token: "t-%s", expirationTimestamp: ends })
  }' "$n"`;

Deno.test("askPlugin() asks anew when a token ends, once for all who wait, and when it was refused", async () => {
  const soon = new Date(Date.now() + 10_000).toISOString();
  await withPlugin(COUNTING(soon), async (ask) => {
    const { authorization } = await ask();
    deepStrictEqual(
      await Promise.all([authorization!(), authorization!(), authorization!()]),
      Array(3).fill("Bearer t-2"),
    );
  });
  const late = new Date(Date.now() + 3_600_000).toISOString();
  await withPlugin(COUNTING(late), async (ask) => {
    const { authorization } = await ask();
    deepStrictEqual([await authorization!(), await authorization!()], ["Bearer t-1", "Bearer t-1"]);
    deepStrictEqual([await authorization!(true), await authorization!()], ["Bearer t-2", "Bearer t-2"]);
  });
});

Deno.test("askPlugin() asks once more after the program failed", async () => {
  const past = new Date(Date.now() - 1_000).toISOString();
  await withPlugin(`[ ! -e "$0.broken" ] || exit 3\n${COUNTING(past)}`, async (ask, folder) => {
    const { authorization } = await ask();
    await Deno.writeTextFile(join(folder, "plugin.broken"), "");
    strictEqual(await authorization!().catch((error: Error) => error.name), "ClusterError");
    await Deno.remove(join(folder, "plugin.broken"));
    strictEqual(await authorization!(), "Bearer t-2");
  });
});

Deno.test("askPlugin() says what is wrong with a program, and nothing that it wrote where its credentials are", async () => {
  for (
    const [script, asked, said] of [
      [`echo '{"token": "${SECRET}'`, {}, "wrote no ExecCredential"],
      [`echo '${credential({ token: [SECRET] })}'`, {}, "wrote no ExecCredential"],
      [`echo no login >&2; exit 7`, {}, "ended with 7\n  no login"],
      [`echo "token=${SECRET}" >&2; exit 7`, {}, "ended with 7\n  token=***"],
      [`exit 7`, { plugin: { installHint: "See https://a.test\n" } }, "ended with 7. See https://a.test"],
      [`yes`, {}, "was ended: it writes more than 1048576 bytes"],
      [`sleep 2; exit`, { timeoutMs: 300 }, "was not done in 300 ms"],
      [`exit`, { plugin: { interactiveMode: "Always" } }, "wants to ask in a terminal. Log in with kubectl"],
    ] as const
  ) {
    await withPlugin(script, async (ask) => {
      const error = await ask(asked).then(() => undefined, (error: unknown) => error);
      ok(error instanceof ClusterError && !Deno.inspect(error).includes(SECRET));
      strictEqual(error.message, `Cannot reach a cluster: "./plugin", which user "me" asks for a token, ${said}`);
    });
  }
  await withPlugin(`echo '${credential({ clientCertificateData: "CERT" })}'`, async (ask) => {
    const error = await ask().catch((error: Error) => error) as Error;
    ok(error.message.endsWith("gave neither a token nor a certificate"), error.message);
  });
  await withPlugin("", async (ask) => {
    const plugin = { command: "levada-no-such-program", installHint: "Install it" };
    const { message } = await ask({ plugin }).catch((error: Error) => error) as Error;
    ok(/cannot be started: .*levada-no-such-program.*\. Install it$/.test(message), message);
  });
});
