import { deepStrictEqual, throws } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import { trackingSettings } from "../../../../lib/monitoring/tracking_options.ts";

Deno.test("trackingSettings() fills in what nobody said", () => {
  const { random, ...settings } = trackingSettings("dummy://");
  deepStrictEqual(settings, {
    path: "dummy://",
    samplingPercentage: 100,
    bufferRecords: 10_000,
    maxFileBytes: 104_857_600,
    keptFiles: 1,
  });
  deepStrictEqual(random, Math.random);
});

Deno.test("setTracking() refuses what is out of range, naming the option", () => {
  const fn = serving("tracked");
  for (
    const [options, why] of [
      [{ samplingPercentage: 0 }, /samplingPercentage is 0, and must be above 0 and at most 100/],
      [{ samplingPercentage: 101 }, /samplingPercentage is 101/],
      [{ samplingPercentage: NaN }, /samplingPercentage is NaN/],
      [{ bufferRecords: 0.5 }, /bufferRecords is 0\.5/],
      [{ maxFileBytes: 10 }, /maxFileBytes is 10/],
      [{ keptFiles: -1 }, /keptFiles is -1/],
    ] as const
  ) throws(() => fn.setTracking("records.jsonl", options), why);
  throws(() => fn.setTracking(""), TypeError);
});

Deno.test("ServingFunction.toJSON() tells the API and the tracking of a function, where they are set", () => {
  const fn = serving("told");
  const text = () => JSON.parse(JSON.stringify(fn));
  deepStrictEqual(Object.keys(text()), ["levada", "name", "options", "topology", "children", "params"]);
  fn.setApi({ endpoints: [{ path: "/run" }] }).setTracking("records.jsonl", { samplingPercentage: 10 });
  deepStrictEqual(text().api, { endpoints: [{ path: "/run" }] });
  deepStrictEqual(text().tracking, {
    path: "records.jsonl",
    samplingPercentage: 10,
    bufferRecords: 10_000,
    maxFileBytes: 104_857_600,
    keptFiles: 1,
  });
});
