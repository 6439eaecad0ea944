import { deepStrictEqual, throws } from "node:assert/strict";
import { type Parameters, readParameter, writeParameters } from "../../../../../lib/serve/grpc/parameters.ts";
import { readMessage } from "../../../../../lib/serve/grpc/read_message.ts";
import { loadWire } from "../../../../../lib/serve/grpc/wire.ts";

const WIRE = await loadWire();

function read(bytes: Uint8Array): Parameters {
  const parameters: Parameters = {};
  const reader = new WIRE.BinaryReader(bytes);
  readMessage(reader, () => {
    readParameter(reader, parameters);
    return true;
  });
  return parameters;
}

function written(parameters: Parameters): Parameters {
  const writer = new WIRE.BinaryWriter();
  writeParameters(writer, 4, parameters);
  return read(writer.finish());
}

Deno.test("writeParameters() keeps every kind of value: truths, whole numbers of 64 bits, other numbers, text", () => {
  const kinds = { a: true, b: false, c: 7, d: -1, e: 0.5, f: "ü", g: 2n ** 64n - 1n, h: -(2n ** 63n), i: Infinity };
  deepStrictEqual(written(kinds), kinds);
  deepStrictEqual(written({ none: null, nothing: undefined }), {});
  deepStrictEqual(written({ list: [1, { a: 2 }] }), { list: '[1,{"a":2}]' });
  throws(() => written({ bad: [NaN] }), /Cannot send a parameter as JSON/);
});

Deno.test("readParameter() lets the last of two values count, and skips a value that is none", () => {
  const writer = new WIRE.BinaryWriter();
  writeParameters(writer, 4, { a: 1 });
  writeParameters(writer, 4, { a: "two" });
  writer.tag(4, 2).fork().tag(1, 2).string("empty").tag(2, 2).fork().join().join();
  writer.tag(4, 2).fork().tag(1, 2).string("nothing").join();
  deepStrictEqual(read(writer.finish()), { a: "two" });
});
