import type { Observable, OpenTelemetry } from "./open_telemetry.ts";
import { type Labels, type Registry, TIME_BUCKETS } from "./registry.ts";
import { Histogram } from "./series.ts";

interface Told {
  readonly labels: Labels;
  readonly series: { readonly value: number };
}

/**
 * Tells all values of a registry to OpenTelemetry too: counts and gauges when it collects, each time of a histogram when it happens.
 * Names keep their words, joined by dots behind the first: `levada.step_duration_seconds`.
 */
export function mirror(registry: Registry, api: OpenTelemetry): void {
  const meter = api.metrics.getMeter("levada");
  const observed = new Map<string, Told[]>();
  const timed = new Map<string, ReturnType<typeof meter.createHistogram>>();
  registry.listen(({ name, help: description, type }, labels, series) => {
    const shown = name.replace("_", ".");
    if (series instanceof Histogram) {
      let times = timed.get(name);
      if (times === undefined) {
        const advice = { explicitBucketBoundaries: [...TIME_BUCKETS] };
        timed.set(name, times = meter.createHistogram(shown, { description, unit: "s", advice }));
      }
      const instrument = times;
      series.mirror = (value) => instrument.record(value, labels);
      return;
    }
    const told = observed.get(name);
    if (told !== undefined) {
      told.push({ labels, series });
      return;
    }
    const all: Told[] = [{ labels, series }];
    observed.set(name, all);
    const instrument: Observable = type === "counter"
      ? meter.createObservableCounter(shown, { description })
      : meter.createObservableGauge(shown, { description });
    instrument.addCallback((result) => {
      registry.refresh();
      for (const one of all) if (!Number.isNaN(one.series.value)) result.observe(one.series.value, one.labels);
    });
  });
}
