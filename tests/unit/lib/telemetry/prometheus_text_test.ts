import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { joinWorkers, metricsText } from "../../../../lib/telemetry/prometheus_text.ts";
import { Registry } from "../../../../lib/telemetry/registry.ts";

function apples(): Registry {
  const registry = new Registry();
  registry.counter("apples", "Eaten", { kind: "red" }).add(2);
  return registry;
}

Deno.test("metricsText() writes Prometheus' text, or OpenMetrics where the reader takes it", () => {
  const families = apples().collect().filter(({ name }) => name === "apples");
  deepStrictEqual(metricsText(families), {
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    text: '# HELP apples_total Eaten\n# TYPE apples_total counter\napples_total{kind="red"} 2\n',
  });
  deepStrictEqual(metricsText(families, "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"), {
    contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    text: '# TYPE apples counter\n# HELP apples Eaten\napples_total{kind="red"} 2\n# EOF\n',
  });
});

Deno.test("metricsText() escapes what labels hold: quotes, backslashes, line breaks, half characters", () => {
  const registry = new Registry();
  registry.gauge("odd", "Back\\slash\nand line", { what: 'a"b\\c\nd\ud800' }).set(Number.POSITIVE_INFINITY);
  const { text } = metricsText(registry.collect().filter(({ name }) => name === "odd"));
  strictEqual(text, '# HELP odd Back\\\\slash\\nand line\n# TYPE odd gauge\nodd{what="a\\"b\\\\c\\nd\ufffd"} +Inf\n');
});

Deno.test("metricsText() of nothing is an empty document", () => {
  strictEqual(metricsText([]).text, "\n");
  strictEqual(metricsText([], "application/openmetrics-text").text, "# EOF\n");
});

Deno.test("joinWorkers() keeps each family once, with a label for each worker", () => {
  const joined = joinWorkers(new Map([["0", apples().collect()], ["1", apples().collect()]]));
  deepStrictEqual(joined.map(({ name }) => name), ["apples", "levada_dropped_series"]);
  deepStrictEqual(joined[0]?.samples.map(({ labels }) => labels), [
    { worker: "0", kind: "red" },
    { worker: "1", kind: "red" },
  ]);
});

Deno.test("joinWorkers() leaves out what has another type than in the first worker", () => {
  const other = new Registry();
  other.gauge("apples", "Weight").set(1);
  const [family] = joinWorkers(new Map([["0", apples().collect()], ["1", other.collect()]]));
  deepStrictEqual([family?.type, family?.samples.length], ["counter", 1]);
});
