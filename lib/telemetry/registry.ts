import { Counter, Gauge, Histogram } from "./series.ts";

/** What kind of values a family has. */
export type MetricType = "counter" | "gauge" | "histogram";

/** What tells the series of a family apart, by the label's name. */
export type Labels = Readonly<Record<string, string>>;

/** One value as it was when it was read. */
export interface Sample {
  /** What stands behind the family's name: `_total`, `_bucket`, `_sum`, `_count`, or nothing. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A family of values of one name, as they were when they were read: data, which travels between processes as JSON. */
export interface MetricFamily {
  /** Without the `_total` of a counter. */
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly Sample[];
}

type Series = Counter | Gauge | Histogram;

interface Kept {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly make: () => Series;
  readonly series: Map<string, { readonly labels: Labels; readonly value: Series }>;
}

/** Told of each series once, when it is made or when it begins to listen: whoever shows the values elsewhere too. */
export type SeriesListener = (
  family: Pick<MetricFamily, "name" | "help" | "type">,
  labels: Labels,
  value: Counter | Gauge | Histogram,
) => void;

const MOST_SERIES = 2_000; // of one family: a graph of 300 steps with some kinds of counts, and a bound against labels that grow

/** The upper ends of the buckets of times, in seconds: a step of a few microseconds, and a model of some seconds. */
export const TIME_BUCKETS: readonly number[] = Object.freeze(
  [0.00001, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
);

/**
 * Keeps the values of one process: families of a name, each with a series for every combination of labels. A family takes 2,000
 * series; what is asked for beyond is given a series that nobody sees, and is counted in `levada_dropped_series_total`.
 */
export class Registry {
  readonly #families = new Map<string, Kept>();
  readonly #readers: (() => void)[] = [];
  #listener: SeriesListener | undefined;
  #isFresh = false;
  readonly #dropped: Counter;

  /** Has the family of what was dropped, and nothing else. */
  constructor() {
    this.#dropped = this.counter("levada_dropped_series", "Series and names beyond what the registry keeps");
  }

  /** A series that only grows; `name` without `_total`. The same for the same name and labels. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.#series({ name, help, type: "counter", make: () => new Counter() }, labels) as Counter;
  }

  /** A series that goes up and down. */
  gauge(name: string, help: string, labels: Labels = {}): Gauge {
    return this.#series({ name, help, type: "gauge", make: () => new Gauge() }, labels) as Gauge;
  }

  /** A series of how often each time in seconds happened. */
  histogram(name: string, help: string, labels: Labels = {}): Histogram {
    return this.#series(
      { name, help, type: "histogram", make: () => new Histogram(TIME_BUCKETS) },
      labels,
    ) as Histogram;
  }

  /** Calls back before values are read, to set those that somebody else knows. */
  beforeReading(read: () => void): void {
    this.#readers.push(read);
  }

  /** Counts something that is beyond what is kept. */
  drop(): void {
    this.#dropped.add();
  }

  /** Tells of every series, those that are there already too. There is one listener. */
  listen(listener: SeriesListener): void {
    this.#listener = listener;
    for (const family of this.#families.values()) {
      for (const { labels, value } of family.series.values()) listener(family, labels, value);
    }
  }

  /** Has those who know values that are not set as they change set them now; at most once in a turn of the event loop. */
  refresh(): void {
    if (this.#isFresh) return;
    this.#isFresh = true;
    queueMicrotask(() => this.#isFresh = false);
    for (const read of this.#readers) read();
  }

  /** All values as they are now, by name. */
  collect(): MetricFamily[] {
    this.#isFresh = false;
    this.refresh();
    return [...this.#families.values()].sort((one, other) => one.name < other.name ? -1 : 1).map((family) => ({
      name: family.name,
      help: family.help,
      type: family.type,
      samples: [...family.series.values()].flatMap(({ labels, value }) => samplesOf(labels, value)),
    })).filter(({ samples }) => samples.length > 0);
  }

  #series(wanted: Omit<Kept, "series">, labels: Labels): Series {
    let family = this.#families.get(wanted.name);
    if (family === undefined) this.#families.set(wanted.name, family = { ...wanted, series: new Map() });
    const key = JSON.stringify(labels);
    const found = family.series.get(key);
    if (found !== undefined && family.type === wanted.type) return found.value;
    const value = wanted.make();
    if (family.type !== wanted.type || family.series.size >= MOST_SERIES) this.drop();
    else {
      family.series.set(key, { labels, value });
      this.#listener?.(family, labels, value);
    }
    return value;
  }
}

function samplesOf(labels: Labels, value: Series): Sample[] {
  if (value instanceof Counter) return [{ suffix: "_total", labels, value: value.value }];
  if (value instanceof Gauge) return Number.isNaN(value.value) ? [] : [{ suffix: "", labels, value: value.value }];
  let sum = 0;
  const buckets = value.counts.map((count, at) => {
    sum += count;
    return { suffix: "_bucket", labels: { ...labels, le: boundText(value.bounds[at]) }, value: sum };
  });
  return [...buckets, { suffix: "_sum", labels, value: value.sum }, { suffix: "_count", labels, value: sum }];
}

/** An upper end as both formats take it: OpenMetrics wants a point in it. */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
