/**
 * Publishes or reads records of 1 KB in batches of 100, by hand or by `local://`, in a process of its own. Its arguments: publish or read,
 * hand or stream, a folder. By hand is what the same needs at least: envelopes as JSON, a place that is kept, one transaction a batch.
 */

import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { openStream, type StreamRecord } from "levada";
import { answerLines } from "./answer_lines.ts";

const [direction, who, folder = ""] = Deno.args;
const BATCH = 100;
const BYTES = 1_024;
Deno.env.set("LEVADA_STATE", folder);
await Deno.mkdir(folder, { recursive: true });

/** A body that says its number. */
function bodyOf(n: number): Uint8Array {
  const body = new Uint8Array(BYTES);
  new DataView(body.buffer).setUint32(0, n);
  return body;
}

function numberOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}

function digest(numbers: readonly number[]) {
  return { count: numbers.length, total: numbers.reduce((total, n) => total + n, 0) };
}

/** One who publishes and reads. */
interface Hand {
  publish(numbers: readonly number[]): Promise<void>;
  /** Reads all from the first on, as somebody who has not read yet. */
  read(count: number): Promise<number[]>;
  /** What is there, and gone afterwards. */
  take(): Promise<number[]>;
}

function byHand(): Hand {
  const database = new DatabaseSync(`${folder}/hand.db`);
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE records (offset INTEGER PRIMARY KEY, head TEXT, body BLOB);
    CREATE TABLE place (reader INTEGER PRIMARY KEY, offset INTEGER)`);
  const statement = (sql: string) => database.prepare(sql);
  const [begin, commit] = [statement("BEGIN IMMEDIATE"), statement("COMMIT")];
  const insert = statement("INSERT INTO records (head, body) VALUES (?, ?)");
  const select = statement("SELECT offset, head, body FROM records WHERE offset > ? ORDER BY offset LIMIT ?");
  const save = statement("INSERT OR REPLACE INTO place VALUES (?, ?)");
  let reader = 0;
  const read = async (count: number) => {
    const numbers: number[] = [];
    reader += 1;
    for (let offset = 0; numbers.length < count;) {
      const rows = select.all(offset, BATCH) as unknown as { offset: number; head: string; body: Uint8Array }[];
      for (const { head, body } of rows) if (JSON.parse(head).key.length > 0) numbers.push(numberOf(body));
      offset = rows.at(-1)!.offset;
      begin.run();
      save.run(reader, offset);
      commit.run();
      await setImmediate();
    }
    return numbers;
  };
  return {
    async publish(numbers) {
      begin.run();
      for (const n of numbers) {
        const headers = { "content-type": "application/octet-stream", id: crypto.randomUUID(), time: new Date() };
        insert.run(JSON.stringify({ key: `key ${n % 10}`, headers }), bodyOf(n));
      }
      commit.run();
      await setImmediate();
    },
    read,
    async take() {
      const { count } = statement("SELECT count(*) AS count FROM records").get() as { count: number };
      const numbers = await read(count);
      database.exec("DELETE FROM records");
      return numbers;
    },
  };
}

async function byStream(): Promise<Hand> {
  const stream = await openStream<Uint8Array>("local://records?capacity=1000000");
  const numbersOf = (records: readonly StreamRecord<Uint8Array>[]) => records.map(({ body }) => numberOf(body));
  let reader = 0;
  const readAs = async (group: string, count: number) => {
    await using subscription = await stream.subscribe({ group, maxRecords: BATCH });
    const numbers: number[] = [];
    while (numbers.length < count) {
      const { value: delivery } = await subscription.next();
      numbers.push(...numbersOf(delivery!.records));
      await delivery!.ack();
    }
    return numbers;
  };
  return {
    publish: (numbers) => stream.publish(numbers.map((n) => ({ key: `key ${n % 10}`, body: bodyOf(n) }))),
    read: (count) => readAs(`reader ${reader++}`, count),
    take: async () => await readAs("proof", await stream.lag("proof")),
  };
}

const hand = who === "hand" ? byHand() : await byStream();
const numbered = (count: number) => Array.from({ length: count }, (_, n) => n);

async function publishAll(count: number): Promise<void> {
  const numbers = numbered(count);
  for (let at = 0; at < count; at += BATCH) await hand.publish(numbers.slice(at, at + BATCH));
}

let isThere = false;
await answerLines(async (count) => {
  if (direction === "publish") {
    await publishAll(count);
    return async () => digest(await hand.take());
  }
  if (!isThere) await publishAll(count);
  isThere = true;
  const numbers = await hand.read(count);
  return () => digest(numbers);
});
