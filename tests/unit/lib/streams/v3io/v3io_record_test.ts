import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openRecord, sealRecord } from "../../../../../lib/streams/record.ts";
import { readV3ioRecord, writeV3ioRecord } from "../../../../../lib/streams/v3io/v3io_record.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const PLACE = { partition: "0", offset: "1", tries: 1, publishedAt: 0 };

Deno.test("writeV3ioRecord() leaves JSON readable in MLRun's wrapper, anything else as base64", () => {
  const headers = { "content-type": "application/json", "levada-id": "i" };
  strictEqual(
    textOf(writeV3ioRecord({ key: "k", bytes: bytesOf('{"n": 1}'), headers })),
    '{"full_event_wrapper":true,"id":"i","key":"k","levada":{"headers":[["content-type","application/json"],["levada-id","i"]]},"body":{"n": 1}}',
  );
  const { body, levada } = JSON.parse(
    textOf(writeV3ioRecord({ key: undefined, bytes: new Uint8Array([0, 255]), headers: {} })),
  );
  deepStrictEqual([body, levada.isBase64], ["AP8=", true]);
});

Deno.test("readV3ioRecord() gives to the byte what was written, whatever stands in it", () => {
  const json = { "content-type": "application/json" };
  const records: [string | undefined, Uint8Array, Record<string, string>][] = [
    [undefined, bytesOf('{ "big": 12345678901234567890, "a":1,"a":2 }'), json],
    ['","body":', bytesOf('","body":1}'), { ...json, body: '","body":', "x-é": '\\"' }],
    ["", new Uint8Array(), json],
    ["k", bytesOf("\ufefftext"), { "content-type": "text/plain" }],
    ["k", new Uint8Array([123, 255, 0]), json], // no text, whatever its type says
    ["k", bytesOf("{broken"), json],
  ];
  for (const [key, bytes, headers] of records) {
    deepStrictEqual(readV3ioRecord(writeV3ioRecord({ key, bytes, headers })), { key, bytes, headers });
  }
});

Deno.test("readV3ioRecord() leaves what another hand has written, and MLRun's wrapper is taken off behind it", () => {
  for (
    const text of ['{"a":1}', "no JSON", '{"full_event_wrapper":true,"levada":', '{"full_event_wrapper":true,"body":1}']
  ) {
    deepStrictEqual(readV3ioRecord(bytesOf(text)), { key: undefined, bytes: bytesOf(text), headers: {} });
  }
  const ofMlrun = readV3ioRecord(bytesOf('{"full_event_wrapper": true, "body": [1], "key": "k", "id": "i"}'));
  const { id, key, body } = openRecord(ofMlrun, PLACE);
  deepStrictEqual({ id, key, body }, { id: "i", key: "k", body: [1] });
  const ofOurs = openRecord(readV3ioRecord(writeV3ioRecord(sealRecord({ body: [1], key: "k", id: "ü" }, 0))), PLACE);
  deepStrictEqual([ofOurs.id, ofOurs.key, ofOurs.body, ofOurs.time.getTime()], ["ü", "k", [1], 0]);
});
