import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { extend, map, queue, remote, RemoteModel, serving, votingEnsemble, weightedRouter } from "levada";
import { lintGraph, UNSAID } from "../../../../../lib/deploy/serverless/lint_graph.ts";
import { CATALOGUE } from "../../../../../lib/functions/catalogue.ts";
import type { GraphDocument } from "../../../../../lib/graph/document.ts";

// deno-lint-ignore no-explicit-any -- a flow of any types
function documentOf(add: (flow: any) => void): GraphDocument {
  const fn = serving("g");
  add(fn.setTopology("flow"));
  return (JSON.parse(JSON.stringify(fn)) as { graph: GraphDocument }).graph;
}

// deno-lint-ignore no-explicit-any -- a flow of any types
function told(add: (flow: any) => void): string[] {
  return lintGraph(documentOf(add)).faults.map(({ step, severity, cause }) =>
    `${severity} ${step ?? "graph"}: ${cause}`
  );
}

Deno.test("lintGraph() has a word for every kind of step and router that there is", () => {
  deepStrictEqual([...CATALOGUE.keys()].filter((kind) => !Object.hasOwn(UNSAID, kind)), []);
});

Deno.test("lintGraph() takes a chain of remote steps as it is, and tells what is lost of them", () => {
  const { faults, order } = lintGraph(
    documentOf((flow) =>
      flow.to("pre", remote({ url: "http://pre.shop/v1/models/pre:predict" }))
        .to("score", remote({ url: "https://score.shop", subpath: "infer" }), { retries: 2, timeoutMs: 500 }).respond()
    ),
  );
  deepStrictEqual(order.map(({ name }) => name), ["pre", "score"]);
  deepStrictEqual(faults.map(({ step, severity, cause }) => [step, severity, cause]), [
    ["score", "warning", "its retries is lost: KServe has nothing like it for a step"],
    ["score", "warning", "its timeoutMs is lost: KServe has nothing like it for a step"],
  ]);
});

Deno.test("lintGraph() names what of a remote step cannot be said", () => {
  deepStrictEqual(
    told((flow) =>
      flow.to("a", remote({ url: "https://${KEY}@a/$path", method: "PUT", headers: { x: "y" } }))
        .to("b", remote({ url: () => "http://b" }), { resultPath: "b", function: "child" })
    ),
    [
      "error a: its url has a secret in it, which KServe would not fill in",
      "error a: it asks by PUT, and KServe by POST alone",
      "error a: its headers cannot be said: KServe passes a body and some headers on, as they are",
      `error b: it runs in function "child", and KServe has none of these`,
      "error b: its option resultPath has no word in KServe",
      "error b: its url is code, and KServe has no place for it",
    ],
  );
});

Deno.test("lintGraph() names a URL whose secret has left it", () => {
  const url = "http://a.b/y?token=abc123secret";
  const gone = "has a secret in it, which leaves with no code, and KServe would not know it";
  deepStrictEqual(
    told((flow) => flow.to("a", remote({ url })).to("b", remote({ url: "http://b", subpath: "y?token=abc123secret" }))),
    [
      `error a: its url ${gone}`,
      `error b: its url ${gone}`,
    ],
  );
  deepStrictEqual(
    told((flow) => {
      const router = flow.to("canary", weightedRouter({ old: 1 }));
      router.addRoute("old", RemoteModel, { url: "http://bob:abc123secret@old" });
    }),
    [`error canary: route "old": its url ${gone}`],
  );
});

Deno.test("lintGraph() tells what of whom it asks is lost", () => {
  const given = { url: "http://a", maxRedirects: 1, replyLimitBytes: 9, form: "json" } as const;
  deepStrictEqual(
    told((flow) => {
      const router = flow.to("a", remote(given)).to("canary", weightedRouter({ old: 1 }));
      router.addRoute("old", RemoteModel, { url: "http://old", retries: 3, timeoutMs: 9 });
    }),
    [
      ...["its maxRedirects", "its replyLimitBytes", "its form"].map((one) => `warning a: ${one}`),
      ...["retries", "timeoutMs"].map((one) => `warning canary: route "old": its ${one}`),
    ].map((one) => `${one} is lost: KServe has nothing like it for a step`),
  );
});

Deno.test("lintGraph() names each step that is code, a stream, a vote or a handler, all at once", () => {
  deepStrictEqual(
    told((flow) => {
      flow.to("enrich", extend(() => ({ a: 1 }))).errorHandler("catcher");
      flow.addStep("vote", votingEnsemble(), { after: "enrich" });
      flow.addStep("final", map((body: object) => body), { after: "vote" }).respond();
      flow.addStep("out", queue({ path: "kafka://b/t" }), { after: "final" });
      flow.addStep("catcher", (body: object) => body, { fullEvent: true, after: "" });
    }),
    [
      "error enrich: it is code, which a router of KServe has no place for",
      "error enrich: it has an error handler, and KServe has none",
      "error vote: it votes; an Ensemble of KServe gives an object with an answer for each step",
      "error final: it is code, which a router of KServe has no place for",
      "error out: it is a stream, of which KServe has none",
      "error catcher: it handles errors, and KServe has no handlers",
      "error final: it answers while later steps go on; KServe answers at the end",
    ],
  );
});

Deno.test("lintGraph() refuses ways that part, circles, and a graph without steps", () => {
  const ask = () => remote({ url: "http://a" });
  deepStrictEqual(
    told((flow) => {
      flow.to("a", ask());
      flow.addStep("b", ask(), { after: "a" });
      flow.addStep("c", ask(), { after: "a" });
    }),
    ["error graph: its steps are no chain: KServe goes from one to the next"],
  );
  strictEqual(lintGraph({ levada: "graph/1", name: "g", steps: [] }).faults[0]!.cause, "it has no steps");
  const circle = { name: "a", kind: "remote", own: { url: "http://a" }, cycles: ["a"] };
  deepStrictEqual(lintGraph({ levada: "graph/1", name: "g", steps: [circle] }).faults.map(({ cause }) => cause), [
    "its results go back to earlier steps, and KServe goes round no circle",
  ]);
});

Deno.test("lintGraph() refuses a share that hundredths have no word for", () => {
  const shared = (shares: Record<string, number>) => (flow: ReturnType<ReturnType<typeof serving>["setTopology"]>) => {
    // deno-lint-ignore no-explicit-any -- a flow of any types
    const router = (flow as any).to("canary", weightedRouter(shares));
    for (const key of Object.keys(shares)) router.addRoute(key, RemoteModel, { url: `http://${key}` });
  };
  deepStrictEqual(told(shared({ stable: 9_999, canary: 1 })), [
    'error canary: route "canary": its share is less than one of a hundred, by which a Splitter of KServe goes: it would never be asked',
  ]);
  deepStrictEqual(told(shared({ stable: 1, canary: 0 })), []);
  deepStrictEqual(told(shared({ stable: 197, canary: 3 })), ["warning canary: its shares are whole hundredths there"]);
});

Deno.test("lintGraph() takes a weighted router of models elsewhere, by chance alone", () => {
  const add = (options: object, args: object) => (flow: ReturnType<ReturnType<typeof serving>["setTopology"]>) => {
    // deno-lint-ignore no-explicit-any -- a flow of any types
    const router = (flow as any).to("canary", weightedRouter({ old: 9, new: 1 }, options));
    router.addRoute("old", RemoteModel, { url: "http://old" }).addRoute("new", RemoteModel, {
      url: "http://new",
      ...args,
    });
    router.respond();
  };
  deepStrictEqual(told(add({}, {})), []);
  deepStrictEqual(told(add({ stickyBy: () => 1 }, { headers: { a: "b" } })), [
    "error canary: its stickyBy is code; a Splitter of KServe goes by chance",
    `error canary: route "new": its headers cannot be said`,
  ]);
});
