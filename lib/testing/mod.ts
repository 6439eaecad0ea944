/**
 * For tests of one's own: a clock to move, and a bench where functions crash and records come again.
 *
 * @module
 */

export { type BenchOptions, TestBench, testBench } from "./test_bench.ts";
export { settle, TestClock, testClock } from "./test_clock.ts";
