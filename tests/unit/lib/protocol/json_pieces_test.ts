import { strictEqual, throws } from "node:assert/strict";
import { jsonPieces } from "../../../../lib/protocol/json_pieces.ts";
import { jsonText } from "../../../../lib/protocol/json_text.ts";

const MANY = 50_000;

function rows(length: number): number[][] {
  return Array.from({ length }, (_, index) => [index, index / 3]);
}

Deno.test("jsonPieces() writes what jsonText() writes, in pieces of a size, however values stand in each other", () => {
  const odd = JSON.parse(`{"__proto__":{"n":${JSON.stringify(rows(MANY))}},"7":1,"b":2}`);
  const keyed = Object.fromEntries(rows(MANY).map(([index, third]) => [`k${index}`, third]));
  const values: unknown[] = [
    rows(MANY),
    [rows(9), rows(MANY), "x", rows(MANY), []],
    { a: 1, rows: rows(MANY), nothing: undefined, b: { c: rows(MANY), d: keyed } },
    odd,
    { ...keyed, none: undefined },
    'text "in" pieces 😀\n'.repeat(MANY),
    ["😀".repeat(MANY * 4), 1],
    new Float64Array(MANY).fill(0.1),
    [new BigInt64Array(MANY).fill(2n ** 60n), 5n],
    rows(MANY).map(([n]) => BigInt(n!) * 2n ** 40n),
    rows(MANY).map(([n]) => ({ toJSON: () => n })),
    { toJSON: () => rows(MANY), many: rows(MANY) },
    Array(MANY).fill(new Date(0)),
    [new Uint8Array(MANY), new Uint8Array(3), new Uint8Array(MANY)],
    Array(3).fill(Array(3).fill(rows(20_000))),
  ];
  for (const value of values) {
    const pieces = [...jsonPieces(value, "send")];
    strictEqual(pieces.join("") === jsonText(value, "send"), true, pieces[0]?.slice(0, 100));
    strictEqual(pieces.length > 2, true);
    strictEqual(Math.max(...pieces.map((piece) => piece.length)) < 700_000, true);
  }
  for (const value of [1, null, true, "x", [], {}, [1, [2]], { a: 1n }]) {
    strictEqual([...jsonPieces(value, "send")].join("|"), jsonText(value, "send"));
  }
});

Deno.test("jsonPieces() names the place of what JSON cannot hold, as jsonText() does", () => {
  const loop: unknown[] = rows(MANY);
  loop.push(loop);
  let deep: unknown = rows(MANY);
  for (let level = 0; level < 600; level++) deep = [deep];
  const at = (value: unknown) => [...rows(MANY), value];
  for (
    const [value, place] of [
      [{ rows: at([1, NaN]) }, /rows\[50000\]\[1\] is NaN/],
      [{ rows: at(undefined) }, /rows\[50000\] is undefined/],
      [{ rows: at(new Map()), other: rows(MANY) }, /rows\[50000\] is a Map/],
      [[rows(MANY), { a: () => 1 }], /\[1\]\.a is a function/],
      [new Float64Array(MANY).fill(1).fill(NaN, MANY - 1), /\[49999\] is NaN/],
      [{ many: rows(MANY), toJSON: () => undefined }, /it is undefined/],
      [loop, /\[50000\] is what it stands in: it holds itself/],
      [deep, /more than 500 levels deep/],
    ] as const
  ) {
    throws(() => [...jsonPieces(value, "send")], place);
  }
});
