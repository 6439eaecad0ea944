import { ok, strictEqual } from "node:assert/strict";
import type { GoldenCase } from "./golden_case.ts";
import { traceDifference } from "./trace.ts";

const DIAMOND = graph([["s"], ["a", "s"], ["b", "s"], ["z", "a", "b"]]);

Deno.test("traceDifference() binds the whole order where an event takes one path", () => {
  const chain = graph([["a"], ["b", "a"], ["c", "b"]]);
  strictEqual(traceDifference(chain, ["a", "b", "c"], ["a", "b", "c"]), undefined);
  ok(traceDifference(chain, ["a", "b", "c"], ["a", "c", "b"]));
  ok(traceDifference(chain, ["a", "b", "c"], ["a", "b"]));
  ok(traceDifference(chain, ["a"], []));
});

Deno.test("traceDifference() lets branches interleave, within a branch the order binds", () => {
  strictEqual(traceDifference(DIAMOND, ["s", "a", "z", "b", "z"], ["s", "a", "b", "z", "z"]), undefined);
  ok(traceDifference(DIAMOND, ["s", "a", "z", "b", "z"], ["z", "s", "a", "b", "z"]));
  ok(traceDifference(DIAMOND, ["s", "a", "z", "b", "z"], ["s", "a", "b", "z"]));
  ok(traceDifference(DIAMOND, ["s", "a", "z", "b", "z"], ["s", "a", "a", "z", "z"]));
});

Deno.test("traceDifference() knows the way to error handlers", () => {
  const given = graph([["a"], ["z", "a"]]);
  given.graph!.steps![0]!.on_error = "catch";
  given.graph!.steps!.push({ name: "catch" });
  ok(traceDifference(given, ["a", "catch"], ["catch", "a"]));
});

function graph(steps: readonly (readonly string[])[]): GoldenCase {
  return {
    schema: "levada-golden/1",
    name: "trace",
    about: "",
    topics: [],
    graph: { steps: steps.map(([name, ...after]) => ({ name: name!, after })) },
  };
}
