import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { outerUrl, type OuterWish } from "../../../../../lib/deploy/nuclio/invoke_nuclio.ts";
import type { NuclioOptions } from "../../../../../lib/deploy/nuclio/nuclio_options.ts";
import { NuclioDeployment } from "../../../../../lib/deploy/nuclio/nuclio_deployment.ts";
import { FakeNuclioDashboard } from "../../../../support/fake_nuclio_dashboard.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { plainBundle } from "../../../../support/nuclio_contract.ts";

const GUARDED = plainBundle("iris", "aaaaaaaaaaaa", { serve: { tokens: ["IRIS_TOKEN"] } });

/** A guarded function at a fake dashboard, and a server that is whoever Nuclio says that it is. */
async function deployed(
  test: (parts: {
    readonly fake: FakeNuclioDashboard;
    readonly dashboard: string;
    readonly asked: ReturnType<typeof serveLoopback>;
    open(options?: NuclioOptions & { bundle?: typeof GUARDED }): NuclioDeployment;
  }) => Promise<void>,
) {
  const secrets = { IRIS_TOKEN: "function-token", DASHBOARD_TOKEN: "dashboard-token", AWS_SECRET: "of-somebody" };
  for (const [name, value] of Object.entries(secrets)) Deno.env.set(name, value);
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await using asked = serveLoopback(() => Response.json(14));
  const open = (options = {}) => new NuclioDeployment("iris", { dashboard: server.url, ...options });
  try {
    await open({ image: "levada/good:1", bundle: GUARDED }).apply();
    await test({ fake, dashboard: server.url, asked, open });
  } finally {
    for (const name of Object.keys(secrets)) Deno.env.delete(name);
  }
}

function sent({ got }: ReturnType<typeof serveLoopback>) {
  return got.map(({ headers }) => headers.get("authorization"));
}

Deno.test("NuclioDeployment.invoke() sends the token that its bundle or its caller names, never one that the dashboard's answer names", async () => {
  await deployed(async ({ fake, asked, open }) => {
    strictEqual(await open({ invokeUrl: asked.url, bundle: GUARDED }).invoke("/", 7), 14);
    fake.edit("iris", (fn) => {
      fn.spec.env.find(({ name }: { name: string }) => name === "LEVADA_SERVE").value = `["--token","AWS_SECRET"]`;
      fn.status.externalInvocationUrls = [asked.url.replace("http://", "")];
    });
    await rejects(
      open().invoke("/", 7),
      /Cannot invoke "iris": it asks its callers for a token: say the name of that secret by invokeToken/,
    );
    await open({ invokeUrl: asked.url, invokeToken: "IRIS_TOKEN" }).invoke("/", 7);
    deepStrictEqual(sent(asked), ["Bearer function-token", "Bearer function-token"]);
  });
});

/** What reaches the dashboard's function_invocations, each answered alike. */
function passedBy(fake: FakeNuclioDashboard, answer = () => Response.json(14)) {
  const passed: { authorization: string | null; own: string | null; inside: string | null; body: string }[] = [];
  fake.hinder = ({ path, headers, body }) => {
    if (path !== "/api/function_invocations") return undefined;
    passed.push({
      authorization: headers.get("authorization"),
      own: headers.get("x-levada-authorization"),
      inside: headers.get("x-nuclio-invoke-url"),
      body,
    });
    return answer();
  };
  return passed;
}

const INSIDE = "nuclio-iris.nuclio.svc.cluster.local:8080";
const GUARDED_HTTPS = plainBundle("iris", "aaaaaaaaaaaa", {
  serve: { tokens: ["IRIS_TOKEN"] },
  cluster: { ingress: { host: "iris.test", path: "/v1", tlsSecretName: "iris-tls" } },
});

Deno.test("NuclioDeployment.invoke() sends tokens and bodies to places that were named here, whatever a function's status says", async () => {
  await deployed(async ({ fake, asked, open, dashboard }) => {
    const passed = passedBy(fake);
    const { port } = new URL(asked.url);
    for (const outside of [`127.0.0.1:${port}`, `localhost:${port}`, `u:p@127.0.0.1:${port}/x`]) {
      fake.edit("iris", (fn) => {
        fn.status.externalInvocationUrls = [outside];
        fn.status.internalInvocationUrls = ["nuclio-iris.evil.example:80"];
      });
      strictEqual(await open({ bundle: GUARDED }).invoke("/", 4111), 14);
    }
    deepStrictEqual(
      passed,
      Array(3).fill({ authorization: "Bearer function-token", own: null, inside: INSIDE, body: "4111" }),
    );
    deepStrictEqual(sent(asked), []);

    fake.edit("iris", (fn) => fn.spec.env = []);
    fake.edit("iris", (fn) => fn.status.externalInvocationUrls = [`localhost:${port}`]);
    strictEqual(await open().invoke("/", 4111), 14);
    deepStrictEqual([passed.length, asked.got.length], [4, 0], "a stranger's host gets no body either");
    fake.edit("iris", (fn) => fn.status.externalInvocationUrls = [`127.0.0.1:${port}`]); // the dashboard's own host
    strictEqual(new URL(dashboard).hostname, "127.0.0.1");
    strictEqual(await open().invoke("/", 7), 14);
    deepStrictEqual([passed.length, sent(asked)], [4, [null]]);
  });
});

Deno.test("outerUrl() is made of the bundle's own ingress, with its scheme and port; none of another", () => {
  const ingress = { host: "iris.test", path: "/v1", tlsSecretName: "iris-tls" };
  const at = (outside: string, more: Partial<OuterWish> = {}) =>
    outerUrl("invoke", {
      fn: {
        metadata: { name: "iris" },
        spec: { runtime: "nodejs", image: "a:1" },
        status: { externalInvocationUrls: [outside] },
      },
      token: "IRIS_TOKEN",
      invokeUrl: undefined,
      ingress,
      dashboard: "https://dash.test",
      ...more,
    });
  strictEqual(at("iris.test/elsewhere"), "https://iris.test/v1");
  strictEqual(at("iris.test:31999/v1"), undefined, "a port of its host is somebody else's");
  strictEqual(at("dash.test:31999"), undefined);
  strictEqual(at("dash.test:31999", { token: undefined }), undefined, "what is asked by https goes nowhere by http");
  strictEqual(
    at("dash.test:31999", { token: undefined, dashboard: "http://dash.test:8070" }),
    "http://dash.test:31999/",
  );
  const open = { host: "iris.test" };
  strictEqual(at("iris.test", { ingress: open, token: undefined }), "http://iris.test/");
  throws(
    () => at("iris.test", { ingress: open }),
    /which all on the way to http:\/\/iris\.test could read\. Give its ingress a certificate/,
  );
});

Deno.test("NuclioDeployment.invoke() by the dashboard gives no function the dashboard's own token, and says where that is asked for", async () => {
  await deployed(async ({ fake, open }) => {
    const passed = passedBy(fake);
    const wish = { bundle: GUARDED_HTTPS, token: "DASHBOARD_TOKEN" };
    strictEqual(await open(wish).invoke("/", 7), 14);
    strictEqual(await open({ bundle: GUARDED }).invoke("/", 7), 14);
    deepStrictEqual(passed, [
      { authorization: null, own: "Bearer function-token", inside: INSIDE, body: "7" },
      { authorization: "Bearer function-token", own: null, inside: INSIDE, body: "7" },
    ]);
    passedBy(fake, () => Response.json({ error: "log in" }, { status: 401 }));
    await rejects(
      open(wish).invoke("/", 7),
      /by way of the dashboard the answer is 401, log in\. The dashboard's own token is not sent there, since .* by invokeUrl/,
    );
    passedBy(fake, () => Response.json({ error: "Failed to invoke function: no such host" }, { status: 500 }));
    fake.edit("iris", (fn) => fn.status.externalInvocationUrls = ["10.0.0.5:31234\x1b[2J"]);
    await rejects(
      open(wish).invoke("/", 7),
      /does not reach function "iris": no such host\. .*say where callers find the function by invokeUrl; Nuclio says at 10\.0\.0\.5:31234\\u001b\[2J, which nobody has named here/,
    );
  });
});

Deno.test("NuclioDeployment.invoke() asks the function of its own name, not another's that has its labels", async () => {
  await deployed(async ({ fake, open }) => {
    const passed = passedBy(fake);
    const { metadata, ...rest } = structuredClone(fake.functions.get("iris"));
    fake.functions.set("evil", { ...rest, metadata: { ...metadata, name: "evil" } });
    fake.functions.delete("iris");
    await rejects(open({ bundle: GUARDED }).invoke("/", 7), /Cannot invoke "iris"/);
    deepStrictEqual(passed, []);
  });
});
