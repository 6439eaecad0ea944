import { deepStrictEqual } from "node:assert/strict";
import { functionsOfBundle } from "../../../../../lib/deploy/settings/deployed_functions.ts";
import { queue, serving, type ServingFunction } from "levada";

function namesOf(fn: ServingFunction): string[] {
  const manifest = JSON.stringify({ levada: "bundle/1", name: fn.name, function: fn });
  const files = new Map([["function.json", new TextEncoder().encode(manifest)]]);
  return functionsOfBundle({ files }).map(({ name }) => name);
}

Deno.test("functionsOfBundle() gives the function and each child that has steps, in the order of the graph", () => {
  const fn = serving("shop").addChildFunction("billing").addChildFunction("unused");
  fn.setTopology("flow").to("a", (n: number) => n).to("q", queue()).to("b", (n: number) => n, { function: "billing" });
  deepStrictEqual(namesOf(fn), ["shop", "billing"]);
  const inbox = serving("inbox").addChildFunction("worker");
  inbox.setTopology("flow").to("q", queue<number>()).to("b", (n: number) => n, { function: "worker" });
  deepStrictEqual(namesOf(inbox), ["inbox", "worker"]); // who is asked fills the queue
  const plain = serving("plain");
  plain.setTopology("flow").to("a", (n: number) => n).respond();
  deepStrictEqual(namesOf(plain), ["plain"]);
});

Deno.test("functionsOfBundle() leaves out a function whose own steps are queues and handlers alone", () => {
  const fn = serving("shop").addChildFunction("one").addChildFunction("two");
  const graph = fn.setTopology("flow");
  graph.to("a", (n: number) => n, { function: "one" }).errorHandler("caught").to("q", queue())
    .to("b", (n: number) => n, { function: "two" });
  graph.addStep("caught", () => {}, { after: "" });
  deepStrictEqual(namesOf(fn), ["one", "two"]);
});
