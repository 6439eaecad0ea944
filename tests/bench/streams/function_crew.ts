import { deepStrictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openStream } from "../../../lib/streams/open_stream.ts";
import { Asker } from "../../support/asker.ts";
import type { FunctionReport } from "./function_run.ts";

/** What a crew did with the records of a stream. */
export interface CrewRun {
  /** From the word to go until nothing was left. */
  readonly seconds: number;
  /** How many each process had. */
  readonly shares: readonly number[];
  /** How many came out: each once, those of one key in their order. */
  readonly arrived: number;
  /** How large the first process was, each time that so many more had been worked on. */
  readonly residentBytes: readonly number[];
}

/** How a crew works. */
export interface CrewWish {
  /** The beginning of the paths of the streams before and behind the function. */
  readonly place: string;
  readonly partitions: number;
  readonly workers: number;
  readonly records: number;
  /** In so many goes, one after another. Default 1. */
  readonly goes?: number;
  readonly env?: Record<string, string>;
}

const SCRIPT = new URL("function_run.ts", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;
const BATCH = 500;
const GROUP = "bench-work";
const KEYS = 100;

/** Has processes of one function work on what waits in a stream, all at once. */
export async function runCrew(
  { place, partitions, workers, records, goes = 1, env = {} }: CrewWish,
): Promise<CrewRun> {
  const paths = ["in", "out"].map((end) =>
    `${place}-${crypto.randomUUID().slice(0, 8)}-${end}?partitions=${partitions}`
  );
  const capacityRecords = 10 * records;
  await using source = await openStream<number>(paths[0]!, { capacityRecords });
  await using sink = await openStream<number>(paths[1]!, { capacityRecords });
  const flags = ["run", "-A", "--v8-flags=--expose-gc", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`];
  const crew = Array.from({ length: workers }, () => new Asker(Deno.execPath(), [...flags, SCRIPT, ...paths], { env }));
  const askAll = async (line: string) =>
    await Promise.all(crew.map(async (asker): Promise<FunctionReport> => JSON.parse(await asker.ask(line))));
  try {
    await askAll("tell"); // all have joined
    const share = Math.ceil(records / goes);
    const residentBytes: number[] = [];
    let seconds = 0;
    for (let go = 0; go < goes; go++) {
      for (let at = 0; at < share; at += BATCH) {
        const numbers = Array.from({ length: Math.min(BATCH, share - at) }, (_, index) => go * share + at + index);
        await source.publish(numbers.map((body) => ({ body, key: `key ${body % KEYS}` })));
      }
      const start = performance.now();
      await askAll("go");
      while (await source.lag(GROUP) > 0) await pause(20);
      seconds += (performance.now() - start) / 1e3;
      residentBytes.push((await askAll("tell"))[0]!.residentBytes);
    }
    const shares = (await askAll("end")).map((report) => report.records);
    return { seconds, shares, arrived: await readAll(sink, share * goes), residentBytes };
  } finally {
    for (const asker of crew) asker.close();
  }
}

/**
 * Reads what has come out, which is one more than what went in.
 *
 * @throws {AssertionError} If one is missing, came twice, or before another of its key.
 */
async function readAll(stream: Awaited<ReturnType<typeof openStream<number>>>, least: number): Promise<number> {
  const next = Array.from({ length: KEYS }, (_, lane) => lane); // of each key
  let arrived = 0;
  await using subscription = await stream.subscribe({ group: "proof", maxRecords: 1_000 });
  while (arrived < least || await stream.lag("proof") > 0) {
    const { value: delivery } = await subscription.next();
    for (const { body, key } of delivery ?? []) {
      const lane = (body - 1) % KEYS;
      deepStrictEqual([body - 1, key], [next[lane], `key ${lane}`], `the next of "key ${lane}"`);
      next[lane]! += KEYS;
      arrived += 1;
    }
    await delivery?.ack();
  }
  return arrived;
}
