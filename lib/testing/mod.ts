/**
 * For tests of one's own: a clock to move, and a bench where functions crash and records come again.
 *
 * @module
 */

export { TestBench } from "./bench.ts";
export type { BenchClock } from "./bench_clock.ts";
export type { BenchOptions } from "./bench_options.ts";
export { testBench } from "./test_bench.ts";
export { settle, TestClock, testClock } from "./test_clock.ts";
