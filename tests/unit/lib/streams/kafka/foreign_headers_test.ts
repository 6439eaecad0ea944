import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type KafkaHeader,
  readKafkaHeaders,
  writeKafkaHeaders,
} from "../../../../../lib/streams/kafka/foreign_headers.ts";
import { FOREIGN_HEADERS, FOREIGN_KEY, NO_VALUE } from "../../../../../lib/streams/record_headers.ts";

type Given = readonly (readonly [name: string, value: string | readonly number[] | null])[];

function headersOf(given: Given): KafkaHeader[] {
  return given.map(([name, value]) => [Buffer.from(name), value === null ? null : Buffer.from(value as string)]);
}

/** What was read, and what is written of it. */
function through(given: Given, { key = Buffer.from("k"), isNull = false } = {}) {
  const read = readKafkaHeaders({ headers: headersOf(given), key, value: isNull ? null : Buffer.alloc(0) });
  const { headers, foreign, foreignKey } = writeKafkaHeaders(read, isNull);
  return { read, written: [...headersOf(Object.entries(headers)), ...foreign], foreignKey };
}

Deno.test("readKafkaHeaders() has nothing beside headers that stay what they are", () => {
  const given: Given = [["content-type", "text/plain"], ["levada-id", "1"], ["x", "ä b"], ["empty", ""]];
  deepStrictEqual(through(given).read, Object.fromEntries(given));
});

Deno.test("writeKafkaHeaders() writes what readKafkaHeaders() read, of whatever hand", () => {
  const cases: Given[] = [
    [["X-Trace", "1"]],
    [["__TypeId__", "com.shop.Order"], ["__proto__", "p"], ["constructor", "c"]],
    [["x", "a"], ["x", "b"], ["x", "a"]],
    [["x", "a"], ["X", "b"]],
    [["x", null], ["y", ""]],
    [["x", [255, 0, 10]], ["y", "\ufffd"], ["z", " edge "], ["漢 字", "漢"]],
    [["", "no name"]],
    [["x", "line\nbreak"]],
  ];
  for (const given of cases) {
    const { written } = through(given);
    const sorted = (all: readonly KafkaHeader[]) =>
      all.map(([name, value]) => [name!.toString("hex"), value?.toString("hex")]).toSorted(([one], [other]) =>
        one! < other! ? -1 : one! > other! ? 1 : 0
      );
    deepStrictEqual(sorted(written), sorted(headersOf(given)));
  }
});

Deno.test("what has no value says so by its content type, and has its own when it is written", () => {
  const { read, written } = through([["content-type", "avro/binary"]], { isNull: true });
  strictEqual(read["content-type"], NO_VALUE);
  deepStrictEqual(written, headersOf([["content-type", "avro/binary"]]));
  deepStrictEqual(through([], { isNull: true }).written, []);
});

Deno.test("a key that is no text is kept as it is", () => {
  const { read, foreignKey } = through([], { key: Buffer.from([255, 1]) });
  deepStrictEqual([read, foreignKey], [{ [FOREIGN_KEY]: "/wE=" }, Buffer.from([255, 1])]);
});

Deno.test("writeKafkaHeaders() takes what is no list of headers for none, and ends", () => {
  deepStrictEqual(writeKafkaHeaders({ [FOREIGN_HEADERS]: ",,", x: "1" }, false).foreign, []);
});

Deno.test("writeKafkaHeaders() gives a body that was mended its own content type, not the one of what it was", () => {
  const isNull = true;
  for (
    const read of [through([["Content-Type", "avro/binary"]]).read, through([["content-type", "a/b"]], { isNull }).read]
  ) {
    const { headers, foreign } = writeKafkaHeaders({ ...read, "content-type": "application/json" }, false);
    deepStrictEqual([headers, foreign], [{ "content-type": "application/json" }, []]);
  }
});
