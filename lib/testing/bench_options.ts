import type { Log } from "../graph/context.ts";
import type { TestClock } from "./test_clock.ts";

/** How a bench is made. */
export interface BenchOptions {
  /** Default: a new one that stands at 0; the machine's where `streams` says a broker, which goes by that. */
  clock?: TestClock;
  /**
   * A broker that joins the functions, with the place of each stream's name: `kafka://localhost:9092/{name}?partitions=1`. Each bench
   * makes streams of its own there, and deletes them when it is closed; a test that is killed leaves them, and `retention=1h` has the broker delete
   * what is in them. Default: this process.
   */
  streams?: string;
  /** How long a crash stays unknown at a broker, see `StreamOptions`. Default: the broker's. */
  sessionMs?: number;
  /** Where steps and functions write their log lines. Default: kept in `bench.lines`. */
  log?: Log;
}
