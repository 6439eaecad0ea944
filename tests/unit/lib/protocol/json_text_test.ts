import { strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { jsonText } from "../../../../lib/protocol/json_text.ts";

/** What it holds is not in its fields. */
class Account {
  readonly #money: number;
  readonly currency = "NOK";

  constructor(money: number) {
    this.#money = money;
  }

  get money(): number {
    return this.#money;
  }
}

Deno.test("jsonText() writes what JSON holds without a loss", () => {
  strictEqual(
    jsonText({ a: [1, "x", null, true], b: 3n, c: new Uint8Array([1, 2]) }, "send"),
    '{"a":[1,"x",null,true],"b":3,"c":[1,2]}',
  );
  strictEqual(
    jsonText([new String("x"), new Number(1), Object.create(null), new URL("http://a/")], "send"),
    '["x",1,{},"http://a/"]',
  );
  strictEqual(jsonText({ at: new Date(0), nothing: undefined }, "send"), '{"at":"1970-01-01T00:00:00.000Z"}');
});

Deno.test("jsonText() names the place of what JSON cannot hold", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 600; level++) deep = [deep];
  for (
    const [value, place] of [
      [NaN, /Cannot send as JSON: it is NaN/],
      [{ a: [{ b: Infinity }] }, /a\[0\]\.b is Infinity/],
      [{ m: new Map() }, /m is a Map/],
      [{ outputs: [1, Promise.resolve(2)] }, /outputs\[1\] is a Promise, which was not awaited\. Return/],
      [[/x/], /\[0\] is a RegExp/],
      [{ why: Object.assign(new RangeError("x"), { code: 1 }) }, /why is a RangeError/],
      [[new ArrayBuffer(4)], /\[0\] is an ArrayBuffer/],
      [[new DataView(new ArrayBuffer(4))], /\[0\] is a DataView/],
      [[new WeakMap()], /\[0\] is a WeakMap/],
      [{ reply: new Response("x") }, /reply is a Response/],
      [[new Headers()], /\[0\] is a Headers/],
      [[[1].values()], /\[0\] is an? \w* ?Iterator/],
      [[new Account(5)], /\[0\] is an Account/],
      [[{ toJSON: () => undefined }], /\[0\] is undefined/],
      [[new Number(NaN)], /\[0\] is NaN/],
      [[() => 1], /\[0\] is a function/],
      [[new FlowEvent(1)], /\[0\] is an event, whose body would be data/],
      [new Float32Array([1, NaN]), /\[1\] is NaN/],
      [{ at: new Date(NaN) }, /at is an invalid date/],
      [[1, undefined], /\[1\] is undefined/],
      [new Array(2), /\[0\] is undefined/],
      [{ own: { toJSON: () => [NaN] } }, /own\[0\] is NaN/],
      [deep, /more than 500 levels deep/],
    ] as const
  ) {
    throws(() => jsonText(value, "send"), place);
  }
});

Deno.test("jsonText() writes every digit of a bigint", () => {
  strictEqual(
    jsonText([2n ** 64n, -5n, { n: new BigInt64Array([2n ** 53n + 1n]) }], "send"),
    '[18446744073709551616,-5,{"n":[9007199254740993]}]',
  );
  strictEqual(jsonText(2n ** 60n, "send"), "1152921504606846976");
});

Deno.test("jsonText() ends on a value that holds itself", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  throws(() => jsonText(loop, "send"), /\[0\] is what it stands in: it holds itself/);
  const shared = { a: 1 };
  strictEqual(jsonText([shared, shared], "send"), '[{"a":1},{"a":1}]', "twice is no loop");
});

Deno.test("jsonText() does not change what it writes", () => {
  const value = { big: 5n, list: [1n, { __proto__: null, d: new Date(0) }] };
  strictEqual(jsonText(value, "send"), '{"big":5,"list":[1,{"d":"1970-01-01T00:00:00.000Z"}]}');
  strictEqual(typeof value.big, "bigint");
  const odd = JSON.parse('{"__proto__":{"n":1}}');
  strictEqual(jsonText({ odd, n: 1n }, "send"), '{"odd":{"__proto__":{"n":1}},"n":1}');
});
