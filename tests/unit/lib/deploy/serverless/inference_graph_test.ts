import { deepStrictEqual, throws } from "node:assert/strict";
import { map, remote, RemoteModel, serving, weightedRouter } from "levada";
import { inferenceGraph } from "../../../../../lib/deploy/serverless/inference_graph.ts";
import type { GraphDocument } from "../../../../../lib/graph/document.ts";

Deno.test("inferenceGraph() makes a Sequence of remote steps, and a Splitter of a weighted router", () => {
  const fn = serving("shop");
  const router = fn.setTopology("flow")
    .to("pre", remote({ url: "http://pre.shop/", subpath: "/v1/models/pre:predict" }), { retries: 1 })
    .to("canary", weightedRouter({ old: 2, new: 1 }));
  router.addRoute("old", RemoteModel, { url: "http://old.shop" });
  router.addRoute("new", RemoteModel, { url: "http://new.shop/", model: "score 2" });
  router.respond();
  const { graph } = JSON.parse(JSON.stringify(fn)) as { graph: GraphDocument };
  const { object, notes } = inferenceGraph(graph, { namespace: "models" });
  deepStrictEqual(object, {
    apiVersion: "serving.kserve.io/v1alpha1",
    kind: "InferenceGraph",
    metadata: { name: "shop", namespace: "models" },
    spec: {
      nodes: {
        root: {
          routerType: "Sequence",
          steps: [
            { name: "pre", data: "$request", dependency: "Hard", serviceUrl: "http://pre.shop/v1/models/pre:predict" },
            { name: "canary", data: "$response", dependency: "Hard", nodeName: "canary" },
          ],
        },
        canary: {
          routerType: "Splitter",
          steps: [
            { name: "old", serviceUrl: "http://old.shop/v2/models/old/infer", weight: 67 },
            { name: "new", serviceUrl: "http://new.shop/v2/models/score%202/infer", weight: 33 },
          ],
        },
      },
    },
  });
  deepStrictEqual(notes, [
    "step pre: its retries is lost: KServe has nothing like it for a step. See what the graph's timeout and the service itself do",
  ]);
});

Deno.test("inferenceGraph() tells everything that cannot be said there, with the cure", () => {
  const fn = serving("g");
  fn.setTopology("flow").to("a", map((n: number) => n)).to("b", (n: number) => n).respond();
  const { graph } = JSON.parse(JSON.stringify(fn)) as { graph: GraphDocument };
  throws(() => inferenceGraph(graph), {
    name: "GraphError",
    message: `Cannot say graph "g" as an InferenceGraph: 2 faults
  step "a": it is code, which a router of KServe has no place for. Deploy the whole graph as one InferenceService instead
  step "b": it is code, which a router of KServe has no place for. Deploy the whole graph as one InferenceService instead`,
  });
});
