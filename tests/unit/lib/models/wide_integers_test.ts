import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readWide, readWideRows } from "../../../../lib/models/wide_integers.ts";

const WIDE = 9_007_199_254_740_993n;

Deno.test("readWide() reads integers that came as text, at any depth, and leaves the rest", () => {
  deepStrictEqual(readWide([["9007199254740993", 1], ["-5", 2n]], "INT64"), [[WIDE, 1], [-5n, 2n]]);
  deepStrictEqual(readWide(["18446744073709551615"], "UINT64"), [2n ** 64n - 1n]);
  deepStrictEqual(readWide(["1.5", "", " 1", "1e3", "0x1", null], "INT64"), ["1.5", "", " 1", "1e3", "0x1", null]);
  for (const datatype of ["BYTES", "FP64", "INT32"]) deepStrictEqual(readWide(["5"], datatype), ["5"]);
  const numbers = [1, 2];
  strictEqual(readWide(numbers, "INT64"), numbers, "not copied");
});

Deno.test("readWideRows() reads rows of one input, and objects by the inputs' names", () => {
  const [id, name] = [{ name: "id", datatype: "INT64" }, { name: "name", datatype: "BYTES" }];
  deepStrictEqual(readWideRows(["9007199254740993", ["1"]], [id]), [WIDE, [1n]]);
  deepStrictEqual(readWideRows([{ id: "9007199254740993", name: "7" }, { name: "8" }], [id, name]), [
    { id: WIDE, name: "7" },
    { name: "8" },
  ]);
  const rows = ["7"];
  strictEqual(readWideRows(rows, [name]), rows);
});
