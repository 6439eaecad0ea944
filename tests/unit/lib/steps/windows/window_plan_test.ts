import { deepStrictEqual } from "node:assert/strict";
import { AGGREGATION, WindowPlan } from "../../../../../lib/steps/windows/window_plan.ts";

const HOUR = 3_600_000;

function faults(aggregation: object): string[] {
  const parsed = AGGREGATION.safeParse({ name: "n", operations: ["sum"], windows: ["1h"], ...aggregation });
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("WindowPlan.windows: sliding ones end with the bucket of the time, fixed ones are whole stretches", () => {
  const sliding = new WindowPlan({ name: "n", operations: ["sum"], windows: ["1h", "2h"], period: "30m" });
  deepStrictEqual(sliding.windows.map(({ from, to }) => [from(10), to(10)]), [[9, 10], [7, 10]]);
  const fixed = new WindowPlan({ name: "n", operations: ["sum"], windows: ["2h", "3h"] });
  deepStrictEqual([fixed.bucketMs, sliding.bucketMs], [HOUR, HOUR / 2]);
  deepStrictEqual(fixed.windows.map(({ from, to }) => [from(10), to(10), from(-1), to(-1)]), [
    [10, 11, -2, -1],
    [9, 11, -3, -1],
  ]);
});

Deno.test("WindowPlan.windows know what their fields are called", () => {
  const plan = new WindowPlan({ name: "n", operations: ["sum", "count"], windows: ["1h", "90m"] });
  deepStrictEqual(plan.windows.map(({ fields }) => fields.map(({ operation, name }) => [operation, name])), [
    [["sum", "n_sum_1h"], ["count", "n_count_1h"]],
    [["sum", "n_sum_90m"], ["count", "n_count_90m"]],
  ]);
});

Deno.test("AGGREGATION tells what is wrong with windows, period and operations", () => {
  deepStrictEqual(faults({}), []);
  deepStrictEqual(faults({ windows: ["1h", "90m"], period: "1h" }), ['windows.1: "90m" is no multiple of period "1h"']);
  deepStrictEqual(faults({ period: "2h" }), ['windows.0: "1h" is no multiple of period "2h"']);
  deepStrictEqual(faults({ windows: ["1h", "1h"] }), ['windows.1: "1h" is there twice']);
  deepStrictEqual(faults({ operations: ["sum", "sum"] }), ['operations.1: "sum" is there twice']);
  deepStrictEqual(faults({ windows: ["365d"], period: "1s" }).length, 1);
  deepStrictEqual(faults({ windows: ["1s", "365d"] })[0]?.includes("an aggregation of their own"), true);
  for (
    const wrong of [
      { windows: [] },
      { windows: ["1x"] },
      { windows: [60] },
      { period: "" },
      { operations: [] },
      { operations: ["median"] },
      { name: "" },
      { maxValue: "5" },
      { extra: 1 },
    ]
  ) {
    deepStrictEqual(faults(wrong).length, 1, JSON.stringify(wrong));
  }
});
