import { deepStrictEqual } from "node:assert/strict";
import { KnownResults, type Result } from "../../../../lib/flow/known_results.ts";
import type { StreamRecord } from "../../../../lib/streams/stream.ts";

function record(offset: number, id = "x"): StreamRecord {
  return { partition: "0", offset: String(offset), id, time: new Date(0) } as StreamRecord;
}

function done(bytes: number): Result {
  return { kind: "done", sealed: [{ bytes }, { bytes: 1 }] };
}

Deno.test("KnownResults gives a result once, to the same record only", () => {
  const known = new KnownResults();
  const result: Result = { kind: "given up", error: "never" };
  known.keep(record(1), result);
  deepStrictEqual(known.take(record(2)), undefined);
  deepStrictEqual(known.take(record(1, "of a topic that was made anew")), undefined);
  deepStrictEqual([known.take(record(1)), known.take(record(1))], [result, undefined]);
  known.keep(record(1), result);
  known.clear();
  deepStrictEqual(known.take(record(1)), undefined);
});

Deno.test("KnownResults forgets what it has known longest: so many records, and so many bytes, at most", () => {
  const known = new KnownResults({ mostRecords: 3, mostBytes: 100 });
  const which = () => [1, 2, 3, 4].filter((offset) => known.take(record(offset)) !== undefined);
  for (const offset of [1, 2, 3, 2, 4]) known.keep(record(offset), done(1));
  deepStrictEqual(which(), [2, 3, 4]);
  for (const offset of [1, 2, 3]) known.keep(record(offset), done(48));
  deepStrictEqual(which(), [2, 3]);
  known.keep(record(1), done(200));
  deepStrictEqual(which(), []);
  for (const offset of [1, 2]) known.keep(record(offset), done(49));
  deepStrictEqual(which(), [1, 2], "what was forgotten or taken counts no more");
});
