import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
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

Deno.test("NuclioDeployment.invoke() sends no token to a host that only the dashboard's answer names", async () => {
  await deployed(async ({ fake, asked, open }) => {
    const { port } = new URL(asked.url);
    fake.edit("iris", (fn) => fn.status.externalInvocationUrls = [`localhost:${port}`]);
    await rejects(
      open({ bundle: GUARDED }).invoke("/", 7),
      /Nuclio says that it answers at localhost:\d+, which nobody has named here, and its token goes nowhere else\. Say where it answers by invokeUrl/,
    );
    fake.edit("iris", (fn) => {
      fn.status.externalInvocationUrls = [];
      fn.status.internalInvocationUrls = ["evil.example:8080"];
    });
    await rejects(
      open({ bundle: GUARDED }).invoke("/", 7),
      /Nuclio says that it answers at evil\.example:8080, which is not its Service/,
    );
    deepStrictEqual(sent(asked), []);
    fake.edit("iris", (fn) => fn.status.externalInvocationUrls = [`127.0.0.1:${port}`]); // the dashboard's own host
    strictEqual(await open({ bundle: GUARDED }).invoke("/", 7), 14);
  });
});

Deno.test("NuclioDeployment.invoke() by the dashboard sends the function's own token beside the dashboard's", async () => {
  await deployed(async ({ fake, open }) => {
    const passed: unknown[] = [];
    fake.hinder = ({ path, headers }) => {
      if (path !== "/api/function_invocations") return undefined;
      passed.push([headers.get("authorization"), headers.get("x-levada-authorization")]);
      return Response.json(14);
    };
    strictEqual(await open({ bundle: GUARDED, token: "DASHBOARD_TOKEN" }).invoke("/", 7), 14);
    strictEqual(await open({ bundle: GUARDED }).invoke("/", 7), 14);
    deepStrictEqual(passed, [["Bearer dashboard-token", "Bearer function-token"], ["Bearer function-token", null]]);
  });
});
