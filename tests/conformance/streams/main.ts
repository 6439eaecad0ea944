/** The contract of streams, for every driver: those that need nothing but this program, and those of brokers that can be had. */

import { testBench } from "../../../lib/testing/test_bench.ts";
import { proveAway } from "./away_cases.ts";
import { BENCH_CASES } from "./bench_contract.ts";
import { benchEnd } from "./bench_end.ts";
import { borderCase } from "./border_cases.ts";
import { burialCases } from "./burial_cases.ts";
import { type OpenLab, type StreamCase, streamCases, type StreamLimits } from "./contract.ts";
import { kafkaTrial } from "./kafka_lab.ts";
import { LINES, proveLine, SEED } from "./line_cases.ts";
import { localTrial } from "./local_lab.ts";
import { openMemoryLab } from "./memory_lab.ts";
import { natsTrial } from "./nats_lab.ts";
import { redisTrial } from "./redis_lab.ts";
import { proveTrigger } from "./trigger_cases.ts";
import { v3ioTrial } from "./v3io_lab.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a driver is tried with: the contract's labs, what it cannot do, and what it does beyond. */
export interface Trial extends Partial<AsyncDisposable> {
  readonly open: OpenLab;
  readonly limits?: StreamLimits;
  readonly cases?: readonly StreamCase[];
  /** Where streams of `levada/testing` are: the same cases as in this process. */
  readonly bench?: BenchTrial | { readonly streams: string; readonly sessionMs: number };
}

/** Where streams of a bench are, and the names of all that are there. */
export interface BenchTrial {
  readonly streams: string;
  readonly sessionMs: number;
  readonly list: () => Promise<string[]>;
}

const DRIVERS: Readonly<Record<string, () => Trial | Promise<Trial>>> = {
  memory: () => ({ open: openMemoryLab, limits: { listsNoGroups: true } }),
  local: localTrial,
  kafka: kafkaTrial,
  nats: natsTrial,
  redis: redisTrial,
  "v3io (a fake)": v3ioTrial,
};

const AT_BROKERS = ["kafka", "nats", "redis"];

const SERVED: readonly (readonly [title: string, prove: (name: string) => Promise<void>])[] = [
  ["addTrigger() starts a served function, in the order of keys; poison records are dead letters", proveTrigger],
  ["a broker that is killed is told by /ready and in the log, until it is back", proveAway],
];

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, start] of Object.entries(DRIVERS)) {
    let trial: Trial;
    try {
      trial = await start();
    } catch (error) {
      console.log(`skip ${name}: ${(error as Error).message}`);
      counts.skipped += 1;
      continue;
    }
    const cases = [...streamCases(trial.limits), ...trial.cases ?? []]
      .map(({ title, run }) => ({ title, run: () => run(trial.open) }));
    const { bench } = trial;
    const benches = [
      ...(bench === undefined ? [] : BENCH_CASES).map(({ title, run }) => ({
        title,
        run: () => run((fn) => testBench(fn, bench)),
      })),
      ...bench !== undefined && "list" in bench ? [benchEnd(bench)] : [],
    ].map(({ title, run }) => ({ title: `testBench(): ${title}`, run: () => run(trial.open) }));
    const borders = bench === undefined || !AT_BROKERS.includes(name)
      ? []
      : [borderCase(bench.streams), ...burialCases(bench.streams)];
    for (const { title, run } of [...cases, ...benches, ...borders]) {
      try {
        await run();
        counts.passed += 1;
        console.log(`pass ${name}: ${title}`);
      } catch (error) {
        counts.failed += 1;
        console.log(`fail ${name}: ${title}\n${error instanceof Error ? error.stack : error}`);
      }
    }
    await trial[Symbol.asyncDispose]?.();
    if (Object.hasOwn(LINES, name)) await runLine(name, counts);
    if (!AT_BROKERS.includes(name)) continue;
    for (const [title, prove] of SERVED) await runServed(name, { title, prove }, counts);
  }
  return counts;
}

/** Numbers through three functions, whose processes and whose broker are killed. */
async function runLine(name: string, counts: { passed: number; failed: number }): Promise<void> {
  const title = `${name}: 10,000 numbers arrive through three functions while these, then the broker, are killed`;
  try {
    const figures = await proveLine(name, { records: 10_000, seed: SEED, kills: 6, outages: 2 });
    counts.passed += 1;
    console.log(`pass ${title}\n  LEVADA_SEED=${SEED} ${JSON.stringify(figures)}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`fail ${title}\n  LEVADA_SEED=${SEED} ${error instanceof Error ? error.stack : error}`);
  }
}

/** A function that is served, and started by what a broker has. */
async function runServed(
  name: string,
  { title, prove }: { title: string; prove: (name: string) => Promise<void> },
  counts: { passed: number; failed: number },
): Promise<void> {
  try {
    await prove(name);
    counts.passed += 1;
    console.log(`pass ${name}: ${title}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`fail ${name}: ${title}\n${error instanceof Error ? error.stack : error}`);
  }
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
