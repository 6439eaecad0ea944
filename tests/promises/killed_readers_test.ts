/** Streams between processes, with real processes: started at once, killed at random, started again. */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { randomFrom } from "../support/random.ts";
import type { StreamLine, StreamTask } from "../support/stream_child.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const CHILD = new URL("../support/stream_child.ts", import.meta.url);

/** A process at work; its lines as it tells them. */
class StreamChild {
  readonly #process: Deno.ChildProcess;

  constructor(task: StreamTask) {
    const args = ["run", "--no-config", "--quiet", "-A", CHILD.href, JSON.stringify(task)];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  }

  /** Nothing of what follows is told any more to the process. */
  end(signal: "SIGKILL" | "SIGTERM"): void {
    try {
      this.#process.kill(signal);
    } catch { /* it has ended by itself */ }
  }

  /** What it tells until it ends. A line that a kill has cut off is none. */
  async *lines(): AsyncGenerator<StreamLine, Deno.CommandStatus> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line);
    }
    return await this.#process.status;
  }
}

/** Runs a process to its end. */
async function runChild(task: StreamTask): Promise<{ lines: StreamLine[]; code: number }> {
  const lines: StreamLine[] = [];
  const iterator = new StreamChild(task).lines();
  while (true) {
    const { done, value } = await iterator.next();
    if (done) return { lines, code: value.code };
    lines.push(value);
  }
}

Deno.test("openLocal() of a stream that is not there yet makes one, whoever asks at the same time", async () => {
  await using folder = await temporaryFolder();
  const publishers = 4;
  const path = "local://new?partitions=3";
  const ends = await Promise.all(
    Array.from(
      { length: publishers },
      (_, index) =>
        runChild({ path, folder: folder.path, publish: { from: index * 10, to: index * 10 + 10, batch: 1, keys: 5 } }),
    ),
  );
  deepStrictEqual(ends.map(({ code }) => code), Array(publishers).fill(0));
  await using stream = await openLocal<number>(path, { folder: folder.path });
  const numbers: number[] = [];
  for await (const { records } of await stream.subscribe({ group: "g" })) {
    numbers.push(...records.map(({ body }) => body));
    if (numbers.length === publishers * 10) break;
  }
  deepStrictEqual(numbers.sort((one, other) => one - other), Array.from({ length: publishers * 10 }, (_, n) => n));
});

Deno.test("10,000 numbered records arrive, each key's in order, while publishers and readers in processes of their own are killed", async () => {
  const seed = Number(Deno.env.get("LEVADA_SEED") ?? 20261126);
  console.log(`killed readers: LEVADA_SEED=${seed}`);
  const random = randomFrom(seed);
  const [COUNT, PUBLISHERS, READERS, BATCH, MAX_RECORDS, KILLS] = [10_000, 2, 4, 50, 40, 8];
  await using folder = await temporaryFolder();
  const shared = { path: "local://numbers?partitions=8", folder: folder.path, sessionMs: 1_500 };
  await using stream = await openLocal<number>(shared.path, { folder: folder.path });
  const given: { at: number; n: number; key: string }[] = [];
  const arrived = new Set<number>();
  const killed = { publishers: 0, readers: 0 };
  let refused = 0;
  let isDone = false;
  const readers = new Set<StreamChild>();

  async function publishAll(first: number, end: number): Promise<void> {
    for (let from = first; from < end;) {
      const child = new StreamChild({ ...shared, publish: { from, to: end, batch: BATCH, keys: 13 } });
      let left = killed.publishers < KILLS / 2 ? 5 + Math.floor(random() * 40) : Infinity;
      for await (const line of child.lines()) {
        if ("published" in line) from = line.published;
        left -= 1;
        if (left !== 0 || from === end) continue;
        killed.publishers += 1;
        child.end("SIGKILL");
      }
    }
  }

  async function readOn(): Promise<void> {
    while (!isDone) {
      const child = new StreamChild({ ...shared, read: { group: "g", maxRecords: MAX_RECORDS } });
      readers.add(child);
      let left = killed.readers < KILLS ? 2 + Math.floor(random() * 20) : Infinity;
      for await (const line of child.lines()) {
        if ("refused" in line) refused += 1;
        if (!("given" in line)) continue;
        for (const [n, key] of line.given) {
          given.push({ at: line.at, n, key });
          arrived.add(n);
        }
        left -= 1;
        if (left !== 0) continue;
        killed.readers += 1;
        child.end("SIGKILL");
      }
      readers.delete(child);
    }
  }

  const share = COUNT / PUBLISHERS;
  const reading = Array.from({ length: READERS }, readOn);
  await Promise.all(Array.from({ length: PUBLISHERS }, (_, index) => publishAll(index * share, (index + 1) * share)));
  while (arrived.size < COUNT || await stream.lag("g") > 0) await pause(20);
  isDone = true;
  for (const child of readers) child.end("SIGTERM");
  await Promise.all(reading);

  deepStrictEqual([...arrived].sort((one, other) => one - other), Array.from({ length: COUNT }, (_, n) => n));
  strictEqual(await stream.lag("g"), 0);
  ok(killed.publishers > 0 && killed.readers > 0, "some were killed");
  const newest = new Map<string, number>();
  const seen = new Set<number>();
  for (const { n, key } of given.sort((one, other) => one.at - other.at)) {
    if (seen.has(n)) continue;
    seen.add(n);
    const lane = `${Math.floor(n / share)} ${key}`; // each publisher has an order of its own
    ok(n > (newest.get(lane) ?? -1), `${n} of ${lane} comes for the first time after ${newest.get(lane)}`);
    newest.set(lane, n);
  }
  const duplicates = given.length - COUNT;
  const most = (killed.readers + refused) * MAX_RECORDS + killed.publishers * BATCH;
  console.log(`killed readers: ${JSON.stringify({ ...killed, refused, duplicates, most })}`);
  ok(duplicates <= most, `${duplicates} came twice; at most what a killed process had in hand may: ${most}`);
});
