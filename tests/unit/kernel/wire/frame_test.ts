import { deepStrictEqual, throws } from "node:assert/strict";
import { encodeCommandFrame, encodeMessage } from "../../../../kernel/wire/frame.ts";

/** Octets from hex. */
function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}

Deno.test("encodeMessage() writes flags, size and body as RFC 23 has them", () => {
  deepStrictEqual(encodeMessage([hex("61")]), hex("00 01 61"));
  deepStrictEqual(encodeMessage([hex("61"), hex(""), hex("6263")]), hex("01 01 61  01 00  00 02 62 63"));
});

Deno.test("encodeMessage() writes sizes above 255 with eight octets", () => {
  deepStrictEqual(encodeMessage([new Uint8Array(255)]).subarray(0, 2), hex("00 ff"));
  deepStrictEqual(encodeMessage([new Uint8Array(256)]).subarray(0, 9), hex("02 00 00 00 00 00 00 01 00"));
  deepStrictEqual(encodeMessage([new Uint8Array(256), hex("61")]).subarray(0, 1), hex("03"));
  deepStrictEqual(encodeMessage([new Uint8Array(70_000)]).length, 70_009);
});

Deno.test("encodeMessage() refuses a message without frames", () => {
  throws(() => encodeMessage([]), RangeError);
});

Deno.test("encodeCommandFrame() marks a command", () => {
  deepStrictEqual(encodeCommandFrame(hex("04 50 4f 4e 47")), hex("04 05 04 50 4f 4e 47"));
});
