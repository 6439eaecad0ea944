import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { decodeBytes, decodeSlices } from "../../../../lib/protocol/decode_bytes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NOT_TEXT = new Uint8Array([0xff, 0xfe, 0x80]);

Deno.test("decodeBytes() reads what is said to be JSON, by any of JSON's names", () => {
  for (const type of ["application/json", "Application/JSON; charset=utf-8", "json", "application/cloudevents+json"]) {
    deepStrictEqual(decodeBytes(bytes('{"a":[1]}'), type), { a: [1] });
  }
});

Deno.test("decodeBytes() refuses JSON that is none, with status 400", () => {
  for (const broken of [bytes("{"), bytes("NaN"), NOT_TEXT, bytes("[".repeat(501) + "]".repeat(501))]) {
    throws(
      () => decodeBytes(broken, "application/json"),
      (error: unknown) => error instanceof StatusError && error.status === 400,
    );
  }
});

Deno.test("decodeBytes() guesses where no type is given: JSON, text, bytes", () => {
  deepStrictEqual(decodeBytes(bytes("[1]"), ""), [1]);
  strictEqual(decodeBytes(bytes("[1"), ""), "[1");
  strictEqual(decodeBytes(NOT_TEXT, ""), NOT_TEXT);
  strictEqual(decodeBytes(bytes("[".repeat(100_000)), ""), "[".repeat(100_000));
});

Deno.test("decodeBytes() leaves other types alone; no bytes are null", () => {
  strictEqual(decodeBytes(bytes("1"), "text/csv"), "1");
  strictEqual(decodeBytes(NOT_TEXT, "image/png"), NOT_TEXT);
  for (const type of ["", "application/json", "image/png"]) strictEqual(decodeBytes(new Uint8Array(), type), null);
});

Deno.test("decodeBytes() takes brackets inside texts for text", () => {
  deepStrictEqual(decodeBytes(bytes(JSON.stringify("[".repeat(1_000) + '\\"')), "json"), "[".repeat(1_000) + '\\"');
});

Deno.test("decodeBytes() keeps the letter that stands for what is no text, and refuses what is none", () => {
  strictEqual(decodeBytes(bytes('"a\uFFFDb"'), "application/json"), "a\uFFFDb");
  const broken = new Uint8Array([0x22, 0x61, 0xff, 0x62, 0x22]);
  throws(() => decodeBytes(broken, "application/json"), /Cannot read the body as application\/json/);
  strictEqual(decodeBytes(broken, ""), broken);
});

Deno.test("decodeSlices() reads long JSON as decodeBytes() does, and has tensors and what might be such read again", () => {
  const long = `[${'"x",'.repeat(100_000)}1]`;
  const again = () => "again";
  const read = (text: string | Uint8Array, type: string) => {
    const slices = decodeSlices(typeof text === "string" ? bytes(text) : text, type, again);
    for (let turns = 0;; turns++) {
      const slice = slices.next();
      if (slice.done === true) return [slice.value, turns > 0];
    }
  };
  for (const type of ["application/json", "application/cloudevents+json", ""]) {
    deepStrictEqual(read(`{"a":${long}}`, type), [decodeBytes(bytes(`{"a":${long}}`), type), true]);
    deepStrictEqual(read(`{"a":${long},"inputs":[{"name":"x","shape":[1],"datatype":"INT64"}]}`, type), [
      "again",
      true,
    ]);
  }
  deepStrictEqual(read(`{"a":${long},"inputs":[NaN]}`, "application/json"), ["again", true]);
  deepStrictEqual(read(`{"a":${long},`, ""), [`{"a":${long},`, true]);
  deepStrictEqual(read(NOT_TEXT, ""), [NOT_TEXT, false]);
  deepStrictEqual(read(`{"a":${long}}`, "text/plain"), [`{"a":${long}}`, false]);
  for (const broken of [`{"a":${long},`, NOT_TEXT, `{"a":${long},"b":${"[".repeat(501)}`]) {
    throws(() => read(broken, "application/json"), {
      status: 400,
      message: /^Cannot read the body as application\/json: /,
    });
  }
});
