import { deepStrictEqual, ok } from "node:assert/strict";
import { letterLines } from "../../../../../lib/cli/dlq/dlq_table.ts";
import { widthOf } from "../../../../../lib/draw/text_width.ts";
import type { LetterRow } from "../../../../../lib/streams/letters/letter_table.ts";

const TIME = new Date(1_700_000_000_123);
const ROW: LetterRow = {
  time: TIME,
  id: "3f2a9c1b-0000-4000-8000-000000000001",
  key: "ann",
  step: "price",
  error: "TypeError: total is no number",
  tries: 5,
  group: "shop",
  again: undefined,
  body: `{"order":1,"total":"12"}`,
};

Deno.test("letterLines() shows what there is room for: all in a wide terminal, what matters in a narrow one", () => {
  deepStrictEqual(letterLines([ROW], 160), [
    "TIME                  ID        KEY  STEP   ERROR                          TRIES  GROUP  BODY",
    `2023-11-14 22:13:20Z  3f2a9c1b  ann  price  TypeError: total is no number      5  shop   {"order":1,"total":"12"}`,
  ]);
  deepStrictEqual(letterLines([ROW], 80), [
    "TIME                  ID        STEP   ERROR               TRIES  BODY",
    `2023-11-14 22:13:20Z  3f2a9c1b  price  TypeError: total …      5  {"order":1,"t…`,
  ]);
  deepStrictEqual(letterLines([ROW], 44), [
    "ID        STEP   ERROR",
    "3f2a9c1b  price  TypeError: total is no num…",
  ]);
});

Deno.test("letterLines() is never wider than the terminal, whatever letters hold", () => {
  const evil = "\x1b[2J\u202e\n漢字🎈".repeat(30);
  const rows = [ROW, { ...ROW, id: "x", key: evil, step: evil, error: evil, group: evil, again: evil, body: evil }];
  for (const width of [40, 60, 80, 100, 133, 200, 1_000]) {
    const lines = letterLines(rows, width);
    ok(lines.every((line) => widthOf(line) <= width), `at ${width}: ${Math.max(...lines.map(widthOf))}`);
    ok(lines.every((line) => !/[\p{Cc}\u202e]/u.test(line)));
  }
});

Deno.test("letterLines() never cuts an id that is no UUID, and tells those apart that begin alike", () => {
  const other = { ...ROW, id: "3f2a9c1b-0100-4000-8000-000000000002" };
  const own = { ...ROW, id: "an id of ours that is rather long and is typed again" };
  const ids = letterLines([ROW, other, own, { ...ROW }], 60).slice(1).map((line) => line.slice(0, 52).trim());
  deepStrictEqual(ids.map((id) => id.split("  ")[0]), ["3f2a9c1b-00", "3f2a9c1b-01", own.id, "3f2a9c1b-00"]);
});
