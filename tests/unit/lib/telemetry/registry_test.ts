import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Registry, TIME_BUCKETS } from "../../../../lib/telemetry/registry.ts";
import type { MetricFamily } from "../../../../lib/telemetry/registry.ts";

function family(registry: Registry, name: string): MetricFamily | undefined {
  return registry.collect().find((one) => one.name === name);
}

Deno.test("counter() is the same for the same labels, and takes no step back", () => {
  const registry = new Registry();
  registry.counter("apples", "Eaten", { kind: "red" }).add();
  const red = registry.counter("apples", "Eaten", { kind: "red" });
  red.add(2);
  for (const wrong of [-1, Number.NaN, Infinity]) red.add(wrong);
  registry.counter("apples", "Eaten", { kind: "green" }).add(0);
  deepStrictEqual(family(registry, "apples"), {
    name: "apples",
    help: "Eaten",
    type: "counter",
    samples: [
      { suffix: "_total", labels: { kind: "red" }, value: 3 },
      { suffix: "_total", labels: { kind: "green" }, value: 0 },
    ],
  });
});

Deno.test("gauge() is not told before somebody said it", () => {
  const registry = new Registry();
  const depth = registry.gauge("depth", "How deep");
  strictEqual(family(registry, "depth"), undefined);
  depth.set(-2);
  deepStrictEqual(family(registry, "depth")?.samples, [{ suffix: "", labels: {}, value: -2 }]);
});

Deno.test("histogram() counts each value in its bucket and all above; a value on a bound belongs below it", () => {
  const registry = new Registry();
  const times = registry.histogram("times", "How long");
  for (const value of [0, TIME_BUCKETS[0]!, 0.002, 99]) times.observe(value);
  const { samples } = family(registry, "times")!;
  const at = (le: string) => samples.find(({ labels }) => labels.le === le)?.value;
  deepStrictEqual([at("0.00001"), at("0.001"), at("0.0025"), at("10.0"), at("+Inf")], [2, 2, 3, 3, 4]);
  strictEqual(samples.length, TIME_BUCKETS.length + ["+Inf", "_sum", "_count"].length);
  strictEqual(samples.at(-1)?.value, 4);
});

Deno.test("collect() asks those who know values first, once", () => {
  const registry = new Registry();
  let asked = 0;
  registry.beforeReading(() => registry.gauge("asked", "How often").set(++asked));
  registry.collect();
  registry.refresh(); // within the same turn: what is known is fresh
  strictEqual(family(registry, "asked")?.samples[0]?.value, 2);
});

Deno.test("counter() beyond 2,000 series, or by the name of a gauge, is seen by nobody, and counted", () => {
  const registry = new Registry();
  for (let n = 0; n < 2_005; n++) registry.counter("many", "By a caller's word", { word: `w${n}` }).add();
  registry.gauge("many", "Something else").set(1);
  strictEqual(family(registry, "many")?.samples.length, 2_000);
  strictEqual(family(registry, "levada_dropped_series")?.samples[0]?.value, 6);
});

Deno.test("listen() tells of series that are there, and of those that come", () => {
  const registry = new Registry();
  const told: string[] = [];
  registry.listen(({ name, type }, labels) => told.push(`${type} ${name} ${JSON.stringify(labels)}`));
  registry.gauge("depth", "How deep", { queue: "q" });
  registry.gauge("depth", "How deep", { queue: "q" });
  deepStrictEqual(told, ["counter levada_dropped_series {}", 'gauge depth {"queue":"q"}']);
});
