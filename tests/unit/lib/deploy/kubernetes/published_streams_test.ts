import { deepStrictEqual } from "node:assert/strict";
import { queue, serving } from "levada";
import { publishedStreams } from "../../../../../lib/deploy/kubernetes/published_streams.ts";
import { manifested } from "../../../../support/manifested.ts";

Deno.test("publishedStreams() are the queues behind each function's steps, over queues too", () => {
  const fn = serving("shop").addChildFunction("bill").addChildFunction("tell");
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()
    .to("first", queue({ path: "kafka://b/first" }))
    .to("bill", (n: number) => n, { function: "bill" })
    .to("second", queue({ path: "kafka://b/second" }))
    .to("tell", (n: number) => n, { function: "tell" });
  const bundle = manifested(fn);
  deepStrictEqual([...publishedStreams(bundle)], [
    ["shop", ["kafka://b/first"]],
    ["bill", ["kafka://b/second"]],
  ]);
});

Deno.test("publishedStreams() has none where nothing is published", () => {
  const fn = serving("shop");
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond();
  deepStrictEqual([...publishedStreams(manifested(fn))], []);
});
