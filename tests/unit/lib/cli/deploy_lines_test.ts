import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { testClock } from "levada/testing";
import { DeployLines } from "../../../../lib/cli/deploy_lines.ts";

Deno.test("DeployLines tells what is new at once, and every 15 s that it is still at it where nothing is", async () => {
  const clock = testClock();
  const said: string[] = [];
  {
    using lines = new DeployLines({
      write: (line) => said.push(line),
      stage: "Looking what there is",
      deadlineMs: 300_000,
      spentMs: 4_000,
      clock,
    });
    const took = () => said.splice(0);
    await clock.advance(16_000);
    deepStrictEqual(took(), ["Still at it after 19 s of 300 s: Looking what there is"]);
    lines.tell({
      state: "starting",
      function: "shop",
      url: undefined,
      pods: { ready: 0, wished: 1 },
      reason: "a pull",
    });
    lines.tell({ state: "noted", function: undefined, url: undefined, note: "stands in the plan" });
    lines.tell({ state: "starting", function: "enrich", url: undefined });
    await clock.advance(14_000);
    deepStrictEqual(took(), ["shop: starting … 0 of 1 pod: a pull", "enrich: starting …"]);
    await clock.advance(16_000);
    deepStrictEqual(took(), [
      "Still at it after 35 s of 300 s: shop: 0 of 1 pod: a pull; enrich: starting",
      "Still at it after 50 s of 300 s: shop: 0 of 1 pod: a pull; enrich: starting",
    ]);
    lines.tell({ state: "replanned", function: undefined, url: undefined, note: "It is otherwise" });
    lines.tell({ state: "returning", function: undefined, url: undefined, note: "What ran is put back …" });
    await clock.advance(15_000);
    deepStrictEqual(took(), [
      "It is otherwise",
      "What ran is put back …",
      "Still at it after 65 s of 300 s: What ran is put back",
    ]);
    lines.tell({ state: "ready", function: "shop", url: "http://shop" });
    lines.tell({ state: "ready", function: "enrich", url: "http://enrich" });
    await clock.advance(15_000);
    deepStrictEqual(took(), [
      "shop: ready, http://shop",
      "enrich: ready, http://enrich",
      "Still at it after 80 s of 300 s: What ran before ends",
    ]);
  }
  await clock.advance(60_000);
  deepStrictEqual([said, clock.timers], [[], 0]);
  strictEqual(said.length, 0);
});

Deno.test("DeployLines says how long it takes where nobody knows yet how long it may", async () => {
  const clock = testClock();
  const said: string[] = [];
  using _lines = new DeployLines({ write: (line) => said.push(line), stage: "Making it", spentMs: 0, clock });
  await clock.advance(15_000);
  deepStrictEqual(said, ["Still at it after 15 s: Making it"]);
});
