import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Cursor } from "../../../../lib/streams/cursor.ts";
import type { Delivery } from "../../../../lib/streams/delivery.ts";
import { oldestFirst } from "../../../../lib/streams/oldest_first.ts";
import { Reader } from "../../../../lib/streams/reader.ts";
import type { Given, ReadCursor, ReaderSource, StoredRecord } from "../../../../lib/streams/reader_source.ts";
import { planSubscription } from "../../../../lib/streams/subscribe_options.ts";
import { settle, TestClock } from "../../../../lib/testing/test_clock.ts";

/** A partition of numbers, each its own offset. */
class NumberCursor extends Cursor implements ReadCursor {
  isLost = false;
  readonly bytes: number;

  constructor(index: number, end: number, bytes = 1) {
    super({ index, end }, 0);
    this.bytes = bytes;
  }

  head(now: number): StoredRecord | undefined {
    const offset = this.peek(now);
    if (offset === undefined) return undefined;
    const bytes = new TextEncoder().encode(String(offset).padStart(this.bytes));
    return { key: undefined, headers: { "content-type": "application/json" }, bytes, offset, publishedAt: offset };
  }

  isLostAt(): boolean {
    return this.isLost;
  }
}

/** Reads partitions that a test changes, and fails when it says so. */
class NumberSource implements ReaderSource<NumberCursor> {
  readonly kept: string[] = [];
  fault: Error | undefined;
  isAway = false;
  onKeep: (() => void) | undefined;

  constructor(readonly places: NumberCursor[], readonly clock: TestClock) {}

  cursors(): readonly NumberCursor[] {
    return this.places;
  }

  heads(): Iterable<Given<NumberCursor>> {
    return oldestFirst(this.places, this.clock.now());
  }

  // deno-lint-ignore require-await -- as a broker's
  async keep(cursors: ReadonlySet<NumberCursor>, what: string): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    this.kept.push(`${what} in ${[...cursors].map(({ partition: { index } }) => index)}`);
    this.onKeep?.();
  }

  faultOf(error: unknown): unknown {
    return this.isAway ? undefined : error;
  }

  async join(): Promise<void> {}
  async leave(): Promise<void> {}
  abandon(): void {}
}

function reads(places: NumberCursor[], options = {}) {
  const clock = new TestClock();
  const source = new NumberSource(places, clock);
  const reader = new Reader<number>({
    name: "numbers",
    clock,
    plan: planSubscription("numbers", { group: "g", ...options }),
    source: () => source,
    bury: () => Promise.reject(new Error("nothing is buried here")),
    onClose: () => {},
  });
  return { reader, source, clock };
}

async function nextOf(reader: Reader<number>): Promise<Delivery<number>> {
  return (await reader.next()).value!;
}

const numbersOf = ({ records }: Delivery<number>) => records.map(({ partition, body }) => `${partition}:${body}`);

Deno.test("Reader.next() gives partitions in the order of publishing, as many records as fit, and is told to the source before", async () => {
  const { reader, source } = reads([new NumberCursor(0, 3), new NumberCursor(1, 2)], { maxRecords: 4 });
  deepStrictEqual(numbersOf(await nextOf(reader)), ["0:0", "1:0", "0:1", "1:1"]);
  deepStrictEqual(source.kept, ["given in 0,1"]);
  const huge = reads([new NumberCursor(0, 5, 2_000_000)]);
  deepStrictEqual(numbersOf(await nextOf(huge.reader)), ["0:0", "0:1"], "of large ones fewer");
});

Deno.test("Reader.next() gives nothing that was lost while the source was told", async () => {
  const { reader, source } = reads([new NumberCursor(0, 1), new NumberCursor(1, 1)]);
  source.onKeep = () => source.places[0]!.isLost = true;
  deepStrictEqual(numbersOf(await nextOf(reader)), ["1:0"]);
});

Deno.test("Delivery.ack() of a reader settles what is still its own, and rejects for the rest", async () => {
  const [lost, held] = [new NumberCursor(0, 2), new NumberCursor(1, 1)];
  const { reader, source } = reads([lost, held]);
  const delivery = await nextOf(reader);
  lost.isLost = true;
  await rejects(delivery.ack(), {
    name: "StreamError",
    message:
      'Cannot settle 2 records of numbers: the subscriber has left group "g", or its partitions went to others, so they are given out again',
  });
  deepStrictEqual([held.committed, held.isPending, lost.committed], [1, false, 0]);
  deepStrictEqual(source.kept, ["given in 0,1", "done in 1"]);
});

Deno.test("Delivery.ack() rejects for what is lost while it is written", async () => {
  const { reader, source } = reads([new NumberCursor(0, 1)]);
  const delivery = await nextOf(reader);
  source.onKeep = () => source.places[0]!.isLost = true;
  await rejects(delivery.ack(), /^StreamError: Cannot settle 1 records/);
});

Deno.test("Reader tells who waits of an error, and gives the records again that nobody got", async () => {
  const { reader, source } = reads([new NumberCursor(0, 2)]);
  source.fault = new Error("the disk fails");
  await rejects(reader.next(), source.fault);
  source.fault = undefined;
  deepStrictEqual((await nextOf(reader)).records.map(({ body, tries }) => [body, tries]), [[0, 1], [1, 1]]);
});

Deno.test("Reader tries again by itself where its source says that the broker is away", async () => {
  const { reader, source, clock } = reads([new NumberCursor(0, 1)]);
  source.fault = new Error("away");
  source.isAway = true;
  let came: Delivery<number> | undefined;
  void nextOf(reader).then((delivery) => came = delivery);
  await settle();
  source.fault = undefined;
  await clock.advance(249);
  strictEqual(came, undefined);
  await clock.advance(1);
  deepStrictEqual(numbersOf(came!), ["0:0"]);
});

Deno.test("Reader gives again what nobody waits for any more when it could be given", async () => {
  const { reader, source } = reads([new NumberCursor(0, 1)]);
  source.onKeep = () => reader.fail(new Error("out of the group"));
  await rejects(reader.next(), /out of the group/);
  source.onKeep = undefined;
  deepStrictEqual(numbersOf(await nextOf(reader)), ["0:0"]);
});

Deno.test("Reader.close() ends those who wait, and nothing is settled after it", async () => {
  const { reader } = reads([new NumberCursor(0, 1)]);
  const delivery = await nextOf(reader);
  const next = reader.next();
  await reader.close();
  strictEqual((await next).done, true);
  await rejects(delivery.ack(), /has left group "g"/);
});

Deno.test("Reader.next() takes what a source has at once in the same turn, before a partition can go to another", async () => {
  const { reader, source } = reads([new NumberCursor(0, 1)]);
  const next = reader.next();
  strictEqual(source.places[0]!.isPending, true);
  await next;
});
