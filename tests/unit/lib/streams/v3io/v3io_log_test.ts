import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { V3ioClient } from "../../../../../lib/streams/v3io/v3io_client.ts";
import { V3ioLog } from "../../../../../lib/streams/v3io/v3io_log.ts";
import { readV3ioPath } from "../../../../../lib/streams/v3io/v3io_path.ts";
import { FakeV3io } from "../../../../support/fake_v3io.ts";
import type { Loopback } from "../../../../support/loopback.ts";

const PATH = "v3io:///c/s";
const BROKEN = () => Response.json({ ErrorCode: -5, ErrorMessage: "broken" }, { status: 500 });

/** A stream of one shard in a fake of v3io, and what is kept of it. */
async function keeping(run: (log: V3ioLog, fake: FakeV3io, server: Loopback) => Promise<void>): Promise<void> {
  const fake = new FakeV3io();
  await using server = fake.serve();
  const path = readV3ioPath(PATH, (name) => ({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" })[name]);
  const client = new V3ioClient(path, { connectMs: 5_000, answerMs: 5_000 });
  await client.open({
    call: "CreateStream",
    method: "POST",
    path: "s/",
    body: { ShardCount: 1, RetentionPeriodHours: 1 },
  });
  const log = new V3ioLog({ client, name: PATH, stream: "s", partitions: 1 });
  await run(log, fake, server);
  await log.close();
}

const recordOf = (text: string) => ({ key: text, bytes: new TextEncoder().encode(text), headers: {} });
const keysOf = (records: readonly { readonly key: string | undefined }[]) => records.map(({ key }) => key);

Deno.test("V3ioLog.read() goes on where it was by one call, and finds its place where others read between", () =>
  keeping(async (log, _, server) => {
    await log.append(["a", "b", "c", "d"].map(recordOf));
    const first = await log.read(0, { offset: 0, behind: "" }, 2);
    deepStrictEqual(keysOf(first), ["a", "b"]);
    const from = server.got.length;
    deepStrictEqual(keysOf(await log.read(0, { offset: 3, behind: first[1]!.place }, 1)), ["c"]);
    deepStrictEqual(server.got.slice(from).map(({ headers }) => headers.get("x-v3io-function")), ["GetRecords"]);
    deepStrictEqual(keysOf(await log.read(0, { offset: 2, behind: "1" }, 5)), ["b", "c", "d"]);
    deepStrictEqual(await log.read(0, { offset: 5, behind: "4" }, 5), [], "what comes next is not there yet");
    await log.append([recordOf("e")]);
    deepStrictEqual(keysOf(await log.read(0, { offset: 5, behind: "4" }, 5)), ["e"]);
  }));

Deno.test("V3ioLog goes on at the oldest record where those before have gone with the retention", () =>
  keeping(async (log, fake) => {
    await log.append(["a", "b", "c", "d"].map(recordOf));
    await log.read(0, { offset: 0, behind: "" }, 1); // its location is known
    fake.expire("/c/s", 0, 4);
    const behind = { offset: 2, behind: "1" };
    deepStrictEqual(keysOf(await log.read(0, behind, 5)), ["d"]);
    deepStrictEqual([await log.countFrom(0, behind), await log.countFrom(0, { offset: 5, behind: "4" })], [1, 0]);
    deepStrictEqual(keysOf(await log.find(0, [2, 4].map((offset) => ({ offset, place: String(offset) })))), ["d"]);
  }));

Deno.test("V3ioLog.beginning() knows the end and a time of shards, also of those without a record", () =>
  keeping(async (log, fake) => {
    deepStrictEqual(await log.beginning("end"), [{ offset: 0, behind: "" }]);
    fake.now = () => 1_000;
    await log.append([recordOf("a")]);
    fake.now = () => 2_500;
    await log.append([recordOf("b")]);
    const [end] = await log.beginning("end");
    const [time] = await log.beginning(new Date(1_001));
    deepStrictEqual([await log.read(0, end!, 5), await log.countFrom(0, end!)], [[], 0]);
    const [late] = await log.read(0, time!, 5);
    deepStrictEqual([late!.key, late!.publishedAt, late!.offset], ["b", 2_500, 2]);
    await log.append([recordOf("c")]);
    deepStrictEqual(keysOf(await log.read(0, end!, 5)), ["c"]);
  }));

Deno.test("V3ioLog.writeDocument() is written over a version once, also where an answer was lost", () =>
  keeping(async (log, fake) => {
    strictEqual(await log.writeDocument("g", "0", "one", 0), 1);
    strictEqual(await log.writeDocument("g", "0", "other", 0), undefined);
    let lost = 0;
    fake.garble = (call) => call === "PutItem" && lost++ === 0 ? BROKEN() : undefined;
    strictEqual(await log.writeDocument("g", "0", "two", 1), 2);
    strictEqual(lost, 2);
    strictEqual(await log.writeDocument("g", "0", "three", 1), undefined);
    deepStrictEqual(await log.readDocuments("g", ["0", "1"]), [{ version: 2, text: "two" }, undefined]);
    fake.hinder = (call) =>
      call === "PutItem" ? Response.json({ ErrorMessage: "no room" }, { status: 400 }) : undefined;
    await rejects(log.writeDocument("g", "0", "three", 2), {
      name: "StreamError",
      message: "Cannot settle records of v3io:///c/s: V3IO answers 400 to PutItem: no room",
    });
  }));

Deno.test("V3ioLog.append() says what v3io has not kept, and refuses records that are too large before", () =>
  keeping(async (log, fake) => {
    const large = { key: undefined, bytes: new Uint8Array(800_000), headers: {} };
    throws(() => log.check(large), {
      name: "StreamError",
      message:
        "Cannot publish to v3io:///c/s: a record has 1066745 bytes as v3io keeps it, and v3io takes 1048576. Send where the data are",
    });
    await rejects(log.append([large, recordOf("a")]), {
      name: "StreamError",
      message: "Cannot publish to v3io:///c/s: V3IO has not kept 1 of 2 records: Record is too large",
    });
    const many = Array.from({ length: 2_500 }, (_, n) => recordOf(String(n)));
    await log.append(many);
    strictEqual(fake.streams.get("/c/s")!.ends[0], 2_501);
  }));
