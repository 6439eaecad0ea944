import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CustomMetrics } from "../../../../lib/telemetry/custom_metrics.ts";
import { Registry } from "../../../../lib/telemetry/registry.ts";

const AT = { step: "s", function: "f" };

function open() {
  const registry = new Registry();
  const custom = new CustomMetrics(registry);
  const values = () =>
    Object.fromEntries(
      registry.collect().map(({ name, samples }) => [name.replace("levada_", ""), samples.map(({ value }) => value)]),
    );
  return { custom, values };
}

Deno.test("add() counts by a name that ends in _total, and keeps the last value by any other", () => {
  const { custom, values } = open();
  for (const value of [1, 2, 4]) {
    custom.add("hits_total", value, AT);
    custom.add("depth", value, AT);
  }
  custom.add("depth", -1, { ...AT, step: "other" });
  deepStrictEqual(values(), { app_depth: [4, -1], app_hits: [7], dropped_series: [0] });
});

Deno.test("add() makes hostile names harmless, and leaves out what has none or is no number", () => {
  const { custom, values } = open();
  custom.add('x"} 1\nevil{a="', 5, AT);
  custom.add("__proto__", 6, AT);
  custom.add("9 lives", 7, AT);
  for (const name of ["", "§§", undefined, 7] as string[]) custom.add(name, 1, AT);
  for (const value of [Number.NaN, Infinity, "8", undefined, 9n] as number[]) custom.add("number", value, AT);
  deepStrictEqual(values(), { app_9_lives: [7], app_proto: [6], app_x_1_evil_a: [5], dropped_series: [9] });
});

Deno.test("add() keeps 200 names: those made of data fill nothing", () => {
  const { custom, values } = open();
  for (let n = 0; n < 300; n++) custom.add(`user_${n}`, 1, AT);
  strictEqual(Object.keys(values()).length, 200 + ["dropped_series"].length);
  deepStrictEqual(values().dropped_series, [100]);
});
