import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { jsonLine, parseJsonLine } from "../../../../lib/stores/json_line.ts";

Deno.test("jsonLine() and parseJsonLine() keep every digit of an integer", () => {
  const row = {
    big: 123456789012345678901234567890n,
    small: 5n,
    list: [-9007199254740993n],
    x: 1.5,
    s: "9007199254740993",
  };
  const line = jsonLine(row, "write the row");
  strictEqual(
    line,
    '{"big":123456789012345678901234567890,"small":5,"list":[-9007199254740993],"x":1.5,"s":"9007199254740993"}',
  );
  deepStrictEqual(parseJsonLine(line), { ...row, small: 5 });
  deepStrictEqual(parseJsonLine("[1e300, 12345678901234567.5]"), [1e300, 12345678901234567.5]);
});

Deno.test("jsonLine() writes dates as ISO text, and any JSON value", () => {
  strictEqual(jsonLine({ at: new Date(0), no: undefined }, "write"), '{"at":"1970-01-01T00:00:00.000Z"}');
  for (const [value, text] of [["a\nb", '"a\\nb"'], [null, "null"], [[1], "[1]"], [true, "true"]] as const) {
    strictEqual(jsonLine(value, "write"), text);
  }
});

Deno.test("jsonLine() refuses what JSON would lose, and names the field", () => {
  const cases: [unknown, RegExp][] = [
    [{ n: NaN }, /Cannot write as JSON: field "n" is NaN/],
    [{ a: [{ deep: -Infinity }] }, /field "deep" is -Infinity/],
    [{ m: new Map([[1, 2]]) }, /field "m" is a Map/],
    [{ b: new Uint8Array(2) }, /field "b" is a Uint8Array/],
    [{ f: () => 1 }, /field "f" is a function/],
    [{ at: new Date(NaN) }, /field "at" is an invalid date/],
    [undefined, /Cannot write as JSON: it is undefined/],
    [Symbol("s"), /it is a symbol/],
  ];
  for (const [value, message] of cases) throws(() => jsonLine(value, "write"), message);
  const ring: Record<string, unknown> = {};
  ring.self = ring;
  throws(() => jsonLine(ring, "write"), TypeError);
});
