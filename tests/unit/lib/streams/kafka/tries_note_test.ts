import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  NO_TRIES,
  readTries,
  type Stretch,
  triesIn,
  type TriesNote,
  withoutOneTry,
  writeTries,
} from "../../../../../lib/streams/kafka/tries_note.ts";

Deno.test("readTries() gives what writeTries() wrote, whatever offset it stands beside", () => {
  const others = new Map([[1_000, 3], [1_001, 3], [1_002, 3], [1_004, 7], [1_100, 0]]);
  const text = writeTries({ until: 1_200, others }, 1_000);
  strictEqual(text, "tries:5k 4x7 0-2x3 2sx0");
  const note = readTries(text, 1_000);
  deepStrictEqual([note.until, [...note.others].toSorted(([a], [b]) => a - b)], [1_200, [...others]]);
  deepStrictEqual([1_001, 1_003, 1_100, 1_199, 1_200].map((offset) => triesIn(note, offset)), [3, 1, 0, 1, 0]);
});

Deno.test("writeTries() leaves out what is done, and says little where there is nothing", () => {
  strictEqual(writeTries({ until: 0, others: new Map([[4, 2]]) }, 5), "tries:0");
  deepStrictEqual(readTries(writeTries(NO_TRIES, 5), 5).others, new Map());
});

Deno.test("writeTries() keeps to 3,000 characters: those that were given out most stay", () => {
  const others = new Map(Array.from({ length: 5_000 }, (_, index) => [index * 2, index % 10 + 2]));
  const text = writeTries({ until: 10_000, others }, 0);
  ok(text.length <= 3_000 && text.length > 2_980, String(text.length));
  const kept = readTries(text, 0).others;
  deepStrictEqual([[...kept.values()].filter((tries) => tries === 11).length, Math.min(...kept.values())], [500, 10]);
});

Deno.test("writeTries() keeps to less where it is told so, and writes nothing where there is no room", () => {
  const note = { until: 9, others: new Map([[1, 2], [3, 5], [5, 3]]) };
  const written = [17, 16, 8, 7, 6, 0].map((most) => writeTries(note, 0, most));
  deepStrictEqual(written, ["tries:9 3x5 5x3", "tries:9 3x5 5x3", "tries:9", "tries:9", "", ""]);
});

Deno.test("readTries() takes what others wrote for nothing", () => {
  for (const text of [null, undefined, "", "host-1", "tries:", "tries:z 1-", "tries:5 1x", "tries:5 é"]) {
    strictEqual(readTries(text, 10), NO_TRIES);
  }
  deepStrictEqual(readTries("tries:1 0-zzzzzx2", 0).others.size, 100_001, "no note fills the memory");
});

Deno.test("withoutOneTry() takes a try off what stands in a stretch, and leaves the rest", () => {
  const note = withoutOneTry({ until: 14, others: new Map([[11, 3], [13, 1], [15, 2], [16, 0]]) }, [10, 14]);
  const tries = (note: TriesNote) => [9, 10, 11, 12, 13, 14, 15, 16].map((offset) => triesIn(note, offset));
  deepStrictEqual(tries(note), [1, 0, 2, 0, 0, 0, 2, 0]);
  strictEqual(writeTries(note, 10), "tries:4 0-3x0 1x2 5x2 3x0 6x0");
  deepStrictEqual(tries(readTries(writeTries(note, 10), 10)).slice(1), tries(note).slice(1));
});

Deno.test("withoutOneTry() costs by what was noted, however far apart the offsets are", () => {
  const far = 2 ** 40;
  const note = withoutOneTry({ until: far, others: new Map([[7, 2]]) }, [0, far - 1]);
  const again = withoutOneTry(readTries(writeTries(note, 5), 5), [5, far - 1]);
  for (const one of [note, again]) strictEqual(one.others.size, 1);
  deepStrictEqual([5, 7, far - 2, far - 1, far].map((offset) => triesIn(note, offset)), [0, 1, 0, 1, 0]);
  deepStrictEqual([5, 7, far - 2, far - 1, far].map((offset) => triesIn(again, offset)), [0, 0, 0, 1, 0]);
});

Deno.test("withoutOneTry() keeps to one stretch: those that touch are one, else the newer counts", () => {
  const none = (one: Stretch, ...others: Stretch[]) =>
    others.reduce(withoutOneTry, withoutOneTry({ until: 99, others: new Map() }, one)).none;
  deepStrictEqual(none([10, 20], [0, 10]), [0, 20]);
  deepStrictEqual(none([10, 20], [15, 30], [30, 31]), [10, 31]);
  deepStrictEqual(none([10, 20], [30, 40]), [30, 40]);
  deepStrictEqual(none([10, 20], [30, 30]), [10, 20]);
});
