import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { withDeployLab } from "../support/deployed.ts";
import { SELF_SIGNED } from "../support/loopback.ts";

/** A function that is served by https, for who has a token, by two workers; its child by itself, with limits. */
const guarded = (limit: string) =>
  `import { queue, serving } from "levada";
const fn = serving("guarded", {
  serve: { workers: 2, tokens: ["SHOP_TOKEN"], tls: { cert: "cert.pem", key: "key.pem" }, ${limit} },
}).addChildFunction("billing", { serve: { limits: { bodyLimitBytes: 40 }, accessLog: true } });
fn.setTopology("flow").to("twice", (n: number) => 2 * n).respond()
  .to("q", queue()).to("bill", (n: number) => console.log("billed", n), { function: "billing" });
export default fn;
`;

Deno.test("deploy() has each function served as it says: workers, tokens, https, limits, log; and refuses what cannot be", async () => {
  await withDeployLab(async (lab) => {
    const outer = Deno.cwd();
    Deno.chdir(lab.folder); // what relative names of files are relative to
    Deno.env.set("SHOP_TOKEN", "open-sesame");
    await using _surroundings = {
      // deno-lint-ignore require-await -- disposed of by `await using`
      async [Symbol.asyncDispose]() {
        Deno.chdir(outer);
        Deno.env.delete("SHOP_TOKEN");
      },
    };
    const FAIR = guarded("limits: { maxConcurrent: 8 }");
    await rejects(lab.deploy(FAIR), {
      name: "DeployError",
      message:
        /^Cannot deploy "guarded": function "guarded": serve\.tls\.cert: \/.*cert\.pem cannot be read: No such file/,
    });
    await lab.write("cert.pem", SELF_SIGNED.cert);
    await lab.write("key.pem", SELF_SIGNED.key);
    await rejects(
      lab.deploy(guarded("graceMs: 0, limits: {}")),
      /^DeployError: Cannot deploy "guarded": function "guarded": serve\.graceMs is 0, and must be milliseconds above 0$/,
    );
    await rejects(
      lab.deploy(guarded("limits: { maxPatience: 1 }")),
      /function "guarded" does not start: worker 1 ended with exit code [12] while it started\n[^]*maxPatience/,
    );

    const deployment = await lab.deploy(FAIR);
    const { functions: [own, child] } = await lab.status("guarded");
    deepStrictEqual([own!.serving, child!.serving], [2, 1]);
    match(own!.url, /^https:\/\/127\.0\.0\.1:/);
    strictEqual(await deployment.invoke("/", 21), 42);
    ok((await deployment.rates({ overMs: 1 })).silent.length === 0);
    using client = Deno.createHttpClient({ caCerts: [SELF_SIGNED.cert] });
    const stranger = await fetch(own!.url, { method: "POST", body: "21", client });
    deepStrictEqual([stranger.status, /token/.test(await stranger.text())], [401, true]);
    const fat = await fetch(child!.url, { method: "POST", body: JSON.stringify("x".repeat(50)) });
    strictEqual(fat.status, 413);
    await fat.body?.cancel();
    const log = join(lab.state, "deployments", "guarded", "logs", "billing.log");
    while (!/POST \/ 413/.test(await Deno.readTextFile(log))) await new Promise((look) => setTimeout(look, 20));

    const again = await lab.deploy(FAIR, { dryRun: true });
    deepStrictEqual((await again.plan()).changes, []);
    const more = await lab.deploy(FAIR, { dryRun: true, workers: 3 });
    deepStrictEqual((await more.plan()).changes, [
      "function guarded: workers: 2 → 3",
      "function billing: workers: 1 → 3",
    ]);
    Deno.env.delete("SHOP_TOKEN");
    await rejects(deployment.invoke("/", 21), /^DeployError: Cannot invoke "guarded": .*SHOP_TOKEN/);
    for await (const { name } of Deno.readDir(join(lab.state, "deployments", "guarded", "logs"))) {
      const text = await Deno.readTextFile(join(lab.state, "deployments", "guarded", "logs", name));
      ok(!text.includes("open-sesame"), name);
    }
  });
});

/** A function that only clients with a certificate may ask. */
const mutual = `import { serving } from "levada";
const fn = serving("mutual", { serve: { tls: { cert: "cert.pem", key: "key.pem", clientCa: "cert.pem" } } });
fn.setTopology("flow").to("twice", (n: number) => 2 * n).respond();
export default fn;
`;

Deno.test("invoke, rates and status show the certificate of LEVADA_CLIENT_CERTIFICATE to a function that asks for one, and say what is missing", async () => {
  await withDeployLab(async (lab) => {
    const outer = Deno.cwd();
    Deno.chdir(lab.folder);
    const variables = ["LEVADA_CLIENT_CERTIFICATE", "LEVADA_CLIENT_KEY", "LEVADA_CLIENT_KEY_FILE"];
    await using _surroundings = {
      // deno-lint-ignore require-await -- disposed of by `await using`
      async [Symbol.asyncDispose]() {
        Deno.chdir(outer);
        for (const name of variables) Deno.env.delete(name);
      },
    };
    await lab.write("cert.pem", SELF_SIGNED.cert);
    const key = await lab.write("key.pem", SELF_SIGNED.key);
    const deployment = await lab.deploy(mutual);
    const none =
      /it asks its clients for a certificate, and none is known here: give LEVADA_CLIENT_CERTIFICATE and LEVADA_CLIENT_KEY as PEM text/;
    await rejects(deployment.invoke("/", 21), { name: "DeployError", message: none });
    await rejects(deployment.rates({ overMs: 1 }), { name: "DeployError", message: none });
    const refused = await lab.levada("status", "mutual", "--rates");
    deepStrictEqual([refused.code, none.test(refused.err)], [1, true]);
    strictEqual((await lab.levada("status", "mutual")).code, 0);

    Deno.env.set("LEVADA_CLIENT_CERTIFICATE", SELF_SIGNED.cert);
    await rejects(
      deployment.invoke("/", 21),
      /^DeployError: Cannot invoke "mutual": Cannot read secret "LEVADA_CLIENT_KEY": /,
    );
    Deno.env.set("LEVADA_CLIENT_KEY", "no key");
    await rejects(deployment.invoke("/", 21), /LEVADA_CLIENT_KEY are no certificate and its key as PEM text: /);
    Deno.env.delete("LEVADA_CLIENT_KEY");
    Deno.env.set("LEVADA_CLIENT_KEY_FILE", key);
    strictEqual(await deployment.invoke("/", 21), 42);
    deepStrictEqual((await deployment.rates({ overMs: 1 })).silent, []);
    const told = await lab.levada("status", "mutual", "--rates");
    deepStrictEqual([told.code, /did not answer/.test(told.out)], [0, false]);
  });
});
