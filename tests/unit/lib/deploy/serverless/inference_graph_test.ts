import { deepStrictEqual, match, throws } from "node:assert/strict";
import { map, remote, RemoteModel, serving, weightedRouter } from "levada";
import { inferenceGraph } from "../../../../../lib/deploy/serverless/inference_graph.ts";
import type { FunctionDocument } from "../../../../../lib/deploy/settings/deployed_functions.ts";
import type { GraphDocument } from "../../../../../lib/graph/document.ts";

function documentOf(fn: object): FunctionDocument & { readonly graph: GraphDocument } {
  return JSON.parse(JSON.stringify(fn)) as FunctionDocument & { graph: GraphDocument };
}

// deno-lint-ignore no-explicit-any -- an object of any kind
function specOf(fn: object): any {
  // deno-lint-ignore no-explicit-any -- an object of any kind
  return (inferenceGraph(documentOf(fn)).object as any).spec;
}

Deno.test("inferenceGraph() makes a Sequence of remote steps, and a Splitter of a weighted router", () => {
  const fn = serving("shop");
  const router = fn.setTopology("flow")
    .to("pre", remote({ url: "http://pre.shop/", subpath: "/v1/models/pre:predict" }), { retries: 1 })
    .to("canary", weightedRouter({ old: 2, new: 1 }));
  router.addRoute("old", RemoteModel, { url: "http://old.shop" });
  router.addRoute("new", RemoteModel, { url: "http://new.shop/", model: "score 2" });
  router.respond();
  const { object, notes } = inferenceGraph(documentOf(fn), { namespace: "models" });
  deepStrictEqual(object, {
    apiVersion: "serving.kserve.io/v1alpha1",
    kind: "InferenceGraph",
    metadata: {
      name: "shop",
      namespace: "models",
      labels: {
        "app.kubernetes.io/managed-by": "levada",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/name": "shop",
      },
    },
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
    "step canary: its shares are whole hundredths there. old gets 67, new gets 33",
    "where its graph has an `output`, that checks no reply there: what the last service says is the answer",
  ]);
});

Deno.test("inferenceGraph() tells everything that cannot be said there, with the cure", () => {
  const fn = serving("g");
  fn.setTopology("flow").to("a", map((n: number) => n)).to("b", (n: number) => n).respond();
  throws(() => inferenceGraph(documentOf(fn)), {
    name: "GraphError",
    message: `Cannot say graph "g" as an InferenceGraph: 2 faults
  step "a": it is code, which a router of KServe has no place for. Deploy the whole graph as one InferenceService instead
  step "b": it is code, which a router of KServe has no place for. Deploy the whole graph as one InferenceService instead`,
  });
});

Deno.test("inferenceGraph() keeps all steps, also where one is called as KServe's own first node", () => {
  const fn = serving("shop");
  const router = fn.setTopology("flow").to("pre", remote({ url: "http://pre.shop" }))
    .to("root", weightedRouter({ old: 9, new: 1 }));
  router.addRoute("old", RemoteModel, { url: "http://old" }).addRoute("new", RemoteModel, { url: "http://new" });
  router.to("root-router", remote({ url: "http://post.shop" })).respond();
  const { nodes } = specOf(fn);
  deepStrictEqual(Object.keys(nodes), ["root", "root-router-router"]);
  deepStrictEqual(
    nodes.root.steps.map((step: Record<string, unknown>) => [step.name, step.serviceUrl ?? step.nodeName]),
    [["pre", "http://pre.shop"], ["root", "root-router-router"], ["root-router", "http://post.shop"]],
  );
  deepStrictEqual(nodes["root-router-router"].routerType, "Splitter");
});

Deno.test("inferenceGraph() says how long a graph may take, and where its router runs; a path goes before a query", () => {
  const fn = serving("shop", {
    cluster: {
      replicas: { min: 0, max: 4, cpu: 70 },
      serviceAccount: "reader",
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "gpu", operator: "Exists" }],
    },
  });
  fn.setTopology("flow", { timeoutMs: 1_500 }).to("a", remote({ url: "http://a/x/?n=1", subpath: "/y" })).respond();
  const { nodes, ...spec } = specOf(fn);
  deepStrictEqual(spec, {
    timeout: 2,
    minReplicas: 0,
    maxReplicas: 4,
    scaleMetric: "cpu",
    scaleTarget: 70,
    serviceAccountName: "reader",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "gpu", operator: "Exists" }],
  });
  deepStrictEqual(nodes.root.steps[0].serviceUrl, "http://a/x/y?n=1");
  match(inferenceGraph(documentOf(fn)).notes.join("\n"), /its graph's timeoutMs \(1500\) is 2 s there/);
});

Deno.test("inferenceGraph() refuses a name that no cluster takes, and what a function asks for beside its steps", () => {
  const fn = serving("My_Graph", { serve: { tokens: ["SHOP_TOKEN"] } });
  fn.setTopology("flow").to("a", remote({ url: "http://a" })).respond();
  throws(() => inferenceGraph(documentOf(fn)), (error: Error) => {
    match(error.message, /its objects would be called "My_Graph"/);
    match(error.message, /serve\.tokens cannot be said: a router of KServe asks for no token/);
    return true;
  });
});
