import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decodeHalves, encodeHalves } from "../../../../lib/tensor/half.ts";

Deno.test("encodeHalves() writes the bits that IEEE 754 and BF16 have for numbers", () => {
  deepStrictEqual(
    encodeHalves("FP16", [1, -2, 65_504, 0, Infinity]),
    new Uint16Array([0x3c00, 0xc000, 0x7bff, 0, 0x7c00]),
  );
  deepStrictEqual(encodeHalves("BF16", [1, -2, 0, -Infinity]), new Uint16Array([0x3f80, 0xc000, 0, 0xff80]));
});

Deno.test("encodeHalves() rounds BF16 to the nearest, ties to even, and keeps NaN", () => {
  deepStrictEqual(
    encodeHalves("BF16", [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20]),
    new Uint16Array([0x3f80, 0x3f82, 0x3f81]),
  );
  strictEqual(decodeHalves("BF16", encodeHalves("BF16", [NaN]))[0], NaN);
});

Deno.test("decodeHalves() reads back all 65,536 values of each", () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  for (const datatype of ["FP16", "BF16"] as const) {
    const numbers = decodeHalves(datatype, all);
    const again = encodeHalves(datatype, numbers);
    for (let bits = 0; bits < 65_536; bits++) {
      if (!Number.isNaN(numbers[bits])) strictEqual(again[bits], bits, `${datatype} ${bits}`);
    }
  }
});
