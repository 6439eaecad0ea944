import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { cut, padTo, widthOf } from "../../../../lib/draw/text_width.ts";

Deno.test("widthOf() counts columns of a terminal", () => {
  deepStrictEqual(["", "abc", "Émile", "канал", "水路", "👩‍🔬", "a🚰b", "e\u0301"].map(widthOf), [
    0,
    3,
    5,
    5,
    4,
    2,
    4,
    1,
  ]);
});

Deno.test("padTo() puts spaces behind, or before for a width below zero", () => {
  strictEqual(padTo("水", 4), "水  ");
  strictEqual(padTo("水", -4), "  水");
  strictEqual(padTo("long", 2), "long");
});

Deno.test("cut() keeps whole letters", () => {
  strictEqual(cut("abc", 3), "abc");
  strictEqual(cut("abcd", 3), "ab…");
  strictEqual(cut("👩‍🔬👩‍🔬👩‍🔬", 2), "👩‍🔬…");
  strictEqual(cut("👩‍🔬👩‍🔬", 2), "👩‍🔬👩‍🔬");
});
