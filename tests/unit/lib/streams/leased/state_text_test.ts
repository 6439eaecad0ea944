import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { OpenRecord } from "../../../../../lib/streams/leased/leased_cursor.ts";
import { readState, writeState } from "../../../../../lib/streams/leased/state_text.ts";

const PLACE = { owner: "me", offset: 900_000, behind: "899999" };

/** Records whose offsets lie so far behind one another. */
function openOf(count: number, stepOf: (index: number) => number, rest: [tries: number, dueAt?: number] = [1]) {
  let offset = 100_000;
  return Array.from({ length: count }, (_, index): OpenRecord => {
    offset += stepOf(index);
    return [offset, String(offset), ...rest];
  });
}

Deno.test("writeState() keeps a few records as they always were", () => {
  const state = { ...PLACE, open: [...openOf(3, () => 1), [100_009, "of 9", 2, 5] as const] };
  deepStrictEqual(JSON.parse(writeState(state)), state);
  deepStrictEqual(readState(JSON.stringify(state)), state);
});

Deno.test("writeState() is short for many records, in a row, every fourth, or by chance; readState() gives the same", () => {
  const steps: [(index: number) => number, bytes: number][] = [
    [() => 1, 200],
    [() => 4, 200],
    [(index) => 1 + index * index % 7, 300_000],
  ];
  for (const [stepOf, bytes] of steps) {
    const state = { ...PLACE, at: 7, open: openOf(120_000, stepOf) };
    const text = writeState(state);
    ok(text.length < bytes, `${text.length} bytes`);
    deepStrictEqual(readState(text), state);
  }
});

Deno.test("readState() gives tries, times and places as they were written, in order", () => {
  const open = openOf(3_000, (index) => 1 + index % 3).map(([offset, place, tries], index): OpenRecord => {
    if (index % 10 === 0) return [offset, `at ${place}`, 1];
    if (index % 7 === 0) return [offset, place, 2, 1_700_000_000_000 + index];
    return [offset, place, index > 1_500 ? 3 : tries];
  });
  const state = { ...PLACE, owner: null, open };
  deepStrictEqual(readState(writeState(state)), state);
  strictEqual(readState(writeState({ ...state, open: [] })).open.length, 0);
});
