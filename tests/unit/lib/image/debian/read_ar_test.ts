import { deepStrictEqual, throws } from "node:assert/strict";
import { readAr } from "../../../../../lib/image/debian/read_ar.ts";
import { writeAr } from "../../../../support/debian_package.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("readAr() reads members of even and odd length, and empty ones", () => {
  const members = new Map([["one", bytes("abc")], ["two", bytes("")], ["three", bytes("abcd")]]);
  deepStrictEqual(readAr("try", writeAr(members)), members);
  deepStrictEqual(readAr("try", writeAr(new Map())), new Map());
});

Deno.test("readAr() refuses what is none, cut off anywhere, or lies about its sizes", () => {
  const whole = writeAr(new Map([["one", bytes("abcdef")]]));
  throws(() => readAr("try", new Uint8Array()), { name: "ImageError", message: /it is empty/ });
  throws(() => readAr("try", bytes("PK\x03\x04 no archive")), { message: /begins with other bytes/ });
  for (let length = 9; length < whole.length; length += 1) {
    throws(() => readAr("try", whole.subarray(0, length)), { name: "ImageError" }, `${length}`);
  }
  for (const size of ["9999999999", "-1        ", "0x10      ", "          "]) {
    const lying = whole.slice();
    lying.set(bytes(size), 8 + 48);
    throws(() => readAr("try", lying), { name: "ImageError", message: /cut off|header at byte 8/ }, size);
  }
  const many = new Map(Array.from({ length: 101 }, (_, at) => [`m${at}`, bytes("")]));
  throws(() => readAr("try", writeAr(many)), { message: /more than 100 members/ });
});
