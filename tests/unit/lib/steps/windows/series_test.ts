import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Series } from "../../../../../lib/steps/windows/series.ts";
import { Tally } from "../../../../../lib/steps/windows/tally.ts";
import { WindowPlan } from "../../../../../lib/steps/windows/window_plan.ts";

const PLAN = new WindowPlan({ name: "n", operations: ["sum"], windows: ["3s"], period: "1s" });

Deno.test("Series.total() sees what was added before the newest bucket after it was asked", () => {
  const [window, series] = [PLAN.windows[0]!, new Series(PLAN)];
  const total = new Tally(); // one for all: what it had before must not show
  const sumAt = (time: number) => series.total(window, time, total).value("sum");
  series.add(1, 5_000);
  strictEqual(sumAt(5_000), 1);
  series.add(10, 4_000); // a bucket that was not there
  strictEqual(sumAt(5_000), 11);
  series.add(100, 4_500); // one that was
  strictEqual(sumAt(5_999), 111);
  series.add(1_000, 5_500); // the newest
  strictEqual(sumAt(5_999), 1_111);
  series.add(10_000, 6_000); // a newer one
  deepStrictEqual([sumAt(6_000), sumAt(5_000), sumAt(7_000), sumAt(8_999), sumAt(9_000), sumAt(0)], [
    11_111,
    1_111,
    11_001,
    10_000,
    null,
    null,
  ]);
});

Deno.test("Series.forget() lets go of the buckets before one", () => {
  const series = new Series(PLAN);
  for (const second of [1, 2, 5, 9]) series.add(1, second * 1_000);
  series.forget(5);
  strictEqual(series.size, 2);
  series.forget(7);
  strictEqual(series.size, 1);
  series.forget(100);
  strictEqual(series.size, 0);
});
