import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { serving } from "levada";
import type { Bundle } from "../../../../../lib/bundle/bundle.ts";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { invokeByServer, invokeFromOutside, outsideOf } from "../../../../../lib/deploy/kubernetes/invoke_release.ts";
import type { LiveFunction } from "../../../../../lib/deploy/kubernetes/live_functions.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { manifested } from "../../../../support/manifested.ts";

const SECRET = "LEVADA_TEST_INVOKE_TOKEN";
const ACT = 'invoke "shop"';

function bundleOf(options: Parameters<typeof serving>[1]): Bundle {
  const fn = serving("shop", options);
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond();
  return { name: "shop", revision: "0123456789ab", ...manifested(fn) };
}

function live(parts: Partial<LiveFunction>): LiveFunction {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "shop" } };
  const url = "http://shop.market.svc";
  return {
    name: "shop",
    objectName: "shop",
    deployment,
    revision: "",
    image: "levada/runtime:0.1.0",
    scheme: "http",
    asksFor: "nothing",
    url,
    ...parts,
  };
}

Deno.test("invokeFromOutside() sends the token that the bundle names to the host that it names, on this machine in the clear", async () => {
  Deno.env.set(SECRET, "s3cret");
  try {
    await using server = serveLoopback(({ headers }) => Response.json(headers.get("authorization")));
    const { host } = new URL(server.url);
    const bundle = bundleOf({ serve: { tokens: [SECRET] }, cluster: { ingress: { host } } });
    strictEqual(await invokeFromOutside(ACT, outsideOf(bundle)!, { path: "/", body: 21 }), "Bearer s3cret");
  } finally {
    Deno.env.delete(SECRET);
  }
});

Deno.test("invokeFromOutside() sends no token over http to another machine", async () => {
  const bundle = bundleOf({ serve: { tokens: [SECRET] }, cluster: { ingress: { host: "shop.test" } } });
  await rejects(invokeFromOutside(ACT, outsideOf(bundle)!, { path: "/" }), {
    name: "DeployError",
    message: /asks its callers for a token, which all on the way to http:\/\/shop\.test\/ could read/,
  });
  strictEqual(outsideOf(bundleOf({})), undefined);
});

Deno.test("invokeByServer() asks the Service through the API server, and refuses what that does not hand on", async () => {
  await using server = serveLoopback(() => Response.json(42));
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const place = { name: "shop", namespace: "market" };
  const ask = (fn: LiveFunction) => invokeByServer(ACT, { client }, { fn, place, asked: { path: "/a?b=c", body: 21 } });
  strictEqual(await ask(live({ scheme: "https" })), 42);
  deepStrictEqual(server.got.map(({ method, path, body }) => [method, path, body]), [
    ["POST", "/api/v1/namespaces/market/services/https:shop:http/proxy/a?b=c", "21"],
  ]);
  await rejects(ask(live({ asksFor: "tokens" })), /asks its callers for tokens, which the API server does not hand on/);
  await rejects(ask(live({ asksFor: "certificates" })), /for certificates/);
});
