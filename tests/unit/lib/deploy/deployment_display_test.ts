import { deepStrictEqual, match, ok } from "node:assert/strict";
import { deploymentDisplay } from "../../../../lib/deploy/deployment_display.ts";
import type { ClusterStatus } from "../../../../lib/deploy/kubernetes/cluster_status.ts";

const STATUS: ClusterStatus = {
  name: "shop",
  target: "kubernetes",
  context: "here <b>",
  namespace: "market",
  state: "failing",
  reason: "function bill: no node takes it",
  url: "http://shop.market.svc",
  revision: "0123456789ab",
  previous: undefined,
  deployedAt: "2026-11-26T12:00:00.000Z",
  functions: [
    {
      name: "shop",
      url: "http://shop.market.svc",
      state: "ready",
      serving: 3,
      replicas: 3,
      restarts: 0,
      reason: undefined,
    },
    {
      name: "bill",
      url: "http://shop-bill.market.svc",
      state: "failing",
      serving: 0,
      replicas: 1,
      restarts: 2,
      reason: "no node takes it",
    },
  ],
};

Deno.test("deploymentDisplay() shows the graph with its pods, where it answers, and what can be done; in text too", async () => {
  const view = {
    name: "shop",
    functions: ["bill"],
    steps: [{ name: "price", kind: "function" }, { name: "total", kind: "function", function: "bill" }],
    edges: [{ from: "price", to: "total" }],
  };
  const shown = await deploymentDisplay(STATUS, view as never);
  const html = String(shown["text/html"]);
  match(html, /<svg /);
  match(html, /failing: 0 of 1 pod</);
  match(html, /2 restarts/);
  match(html, /here &lt;b&gt;, http:\/\/shop\.market\.svc/);
  match(html, /kubectl --context &#39;here &lt;b&gt;&#39; -n market port-forward service\/shop 8080:80/);
  ok(!html.includes("<b>"));
  match(
    String(shown["text/plain"]),
    /total[^]*no node takes it[^]*levada status shop --target kubernetes --context 'here <b>' --namespace market/,
  );
});

Deno.test("deploymentDisplay() tells in words where nobody has the graph here", async () => {
  const shown = await deploymentDisplay(STATUS, undefined);
  deepStrictEqual(Object.keys(shown), ["text/plain"]);
  match(String(shown["text/plain"]), /^shop: failing in namespace market/);
});

Deno.test("deploymentDisplay() of what runs at Nuclio says how it is asked there", async () => {
  const [{ replicas: _, ...first }] = STATUS.functions as [typeof STATUS.functions[number]];
  const status = { ...STATUS, target: "nuclio" as const, dashboard: "http://nuclio:8070", project: "default" };
  const view = { name: "shop", functions: ["shop"], steps: [{ name: "price", kind: "function" }], edges: [] };
  const shown = await deploymentDisplay({ ...status, state: "ready", functions: [first] }, view as never);
  match(String(shown["text/plain"]), /3 pods/);
  match(
    String(shown["text/plain"]),
    /levada status shop --target nuclio --dashboard http:\/\/nuclio:8070 --project default --namespace market --context 'here <b>'; so also logs/,
  );
});
