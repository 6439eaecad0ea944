/** What crosses a border between two functions as it is, and what is refused there. */

import { type Datatype, Tensor, type TensorData, TensorReply } from "levada"; // a bundle has the library once

const WIDE = 2n ** 53n + 1n; // no number is this

/** Data of each datatype: values that a careless hop changes. */
const TENSORS: Readonly<Record<Datatype, TensorData>> = {
  BOOL: new Uint8Array([1, 0]),
  UINT8: new Uint8Array([0, 255]),
  UINT16: new Uint16Array([0, 65_535]),
  UINT32: new Uint32Array([0, 2 ** 32 - 1]),
  UINT64: new BigUint64Array([WIDE, 2n ** 64n - 1n]),
  INT8: new Int8Array([-128, 127]),
  INT16: new Int16Array([-32_768, 32_767]),
  INT32: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
  INT64: new BigInt64Array([-WIDE, -(2n ** 63n)]),
  FP16: new Uint16Array([0x2e66, 0x7e01]), // a NaN with bits of its own
  BF16: new Uint16Array([0x3dcd, 0xff80]), // -Infinity
  FP32: new Float32Array([0.1, NaN]),
  FP64: new Float64Array([-0, -Infinity]),
  BYTES: ["é\ud800", new Uint8Array([0xff, 0xfe])],
};

function tensorOf(datatype: Datatype): Tensor {
  return new Tensor("x", { datatype, shape: [1, 2], data: TENSORS[datatype], parameters: { at: new Date(7) } });
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

/** The same on the other side, by what they are. */
export const CROSSING: Readonly<Record<string, unknown>> = {
  "plain JSON": { order: 1, lines: [{ sku: "a", price: 9.5 }, null, true, ""], none: {}, empty: [] },
  "text, null, numbers, booleans": ["línea\n\u2028🎈", null, 0, 0.1, 1e300, true, false],
  "a date": { when: new Date(1_234_567_890_123) },
  "an invalid date": [new Date(NaN)],
  "a date far away": [new Date(8.64e15), new Date(-8.64e15)],
  "a map": new Map<unknown, unknown>([["a", 1], [2, new Map([[{ deep: true }, new Set([1])]])], [null, undefined]]),
  "a set": new Set([1, "1", new Date(5), [2]]),
  "typed arrays": [
    new Int8Array([-1]),
    new Uint8Array([255]),
    new Uint8ClampedArray([255]),
    new Int16Array([-1]),
    new Uint16Array([65_535]),
    new Int32Array([-1]),
    new Uint32Array([2 ** 32 - 1]),
    new Float16Array([0.1]),
    new Float32Array([0.1, NaN, -0]),
    new Float64Array([0.1, -Infinity]),
    new BigInt64Array([-WIDE]),
    new BigUint64Array([WIDE]),
  ],
  "a part of a typed array": { part: new Float64Array([1, 2, 3]).subarray(1, 2) },
  "empty typed arrays": [new Uint8Array(), new Float32Array()],
  "a buffer and a view": [new Uint8Array([1, 2]).buffer, new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1)],
  "bytes": new Uint8Array([0, 255, 1]),
  "big integers": [0n, -WIDE, 2n ** 200n, { n: 5n }],
  "NaN, infinities, -0": { list: [NaN, Infinity, -Infinity, -0], nan: NaN, minus: -0 },
  "-0 alone": -0,
  "undefined in an object": { there: undefined },
  "undefined in a list": [undefined, 1, undefined],
  "undefined": undefined,
  "halves of characters": { "\ud800": "\udfff", list: ["\ud83d"] },
  "a name that is a word": [{ $date: "1970-01-01T00:00:00.000Z" }, { $hour: 1, at: 2 }],
  "names that are words": [{ $date: 5 }, { $date: "1970-01-01T00:00:00.000Z", at: new Date(0) }, {
    $object: { $map: [] },
  }],
  "names that are words, beside what needs one": { one: { $date: 5 }, two: { $object: { $bigint: "1" } }, three: 1n },
  "a name __proto__": JSON.parse('{"__proto__":{"polluted":1},"in":{"__proto__":[{"__proto__":null}]}}'),
  "a name __proto__ beside a date": { ...JSON.parse('{"in":{"__proto__":{"a":1}}}'), at: new Date(0) },
  "a date under the name __proto__": Object.defineProperty({}, "__proto__", {
    value: new Date(3),
    writable: true,
    enumerable: true,
    configurable: true,
  }),
  "the same twice": ((one) => [one, { one }])({ at: new Date(1) }),
  "as deep as it may": deep(500),
  "as deep as it may, with a date": [deep(400), new Date(0)],
  "a request of tensors": {
    id: "7",
    inputs: (Object.keys(TENSORS) as Datatype[]).map((type, at) => tensorOf(type).named(`x${at}`)),
  },
  "a reply of tensors": new TensorReply({
    model_name: "m",
    model_version: "2",
    id: "7",
    parameters: { took: 5n },
    outputs: [tensorOf("INT64"), new Tensor("one", { datatype: "FP32", shape: [], data: new Float32Array([1]) })],
  }),
  ...Object.fromEntries(
    (Object.keys(TENSORS) as Datatype[]).map((type) => [`a tensor of ${type}`, { is: tensorOf(type) }]),
  ),
};

class Order {
  n = 1;
}

class Money {
  toJSON(): string {
    return "5 EUR";
  }
}

function argumentsOf(..._given: unknown[]): unknown {
  return arguments; // what a function of old passes on
}

const circle: { self?: unknown } = {};
circle.self = circle;

class Rows extends Array {}

class Weights extends Float32Array {}

const named = <Value extends object>(value: Value): Value => Object.assign(value, { unit: "kg" });

/** What is refused, by what it is; what the message says of it. */
export const REFUSED: Readonly<Record<string, readonly [value: unknown, said: RegExp]>> = {
  "an instance of a class": [{ order: new Order() }, /\$\.order is an Order,/],
  "an instance with toJSON": [[new Money()], /\$\[0\] is a Money,/],
  "an object with toJSON": [{ price: { toJSON: () => 1 } }, /\$\.price\.toJSON is a function,/],
  "an object with a hidden toJSON": [
    { price: Object.defineProperty({}, "toJSON", { value: () => 5 }) },
    /\$\.price is an object with a method toJSON,/,
  ],
  "a class that extends Date": [[new (class Day extends Date {})(0)], /\$\[0\] is a Day,/],
  "a class that extends Array": [{ rows: new Rows() }, /\$\.rows is a Rows,/],
  "a class that extends Array, with items": [[Rows.of(1)], /\$\[0\] is a Rows,/],
  "a list without a class": [{ bare: Object.setPrototypeOf([1], null) }, /\$\.bare is an Array,/],
  "arguments": [{ given: argumentsOf(1, 2) }, /\$\.given is the arguments of a call,/],
  "a getter that throws": [{
    order: {
      get total(): number {
        throw new Error("boo");
      },
    },
  }, /\$\.order\.total cannot be read: boo$/],
  "a proxy that throws": [[
    new Proxy({}, {
      ownKeys() {
        throw new RangeError("no keys");
      },
    }),
  ], /\$\[0\] cannot be read: no keys$/],
  "a function": [{ "a b": () => 1 }, /\$\["a b"\] is a function,/],
  "a symbol": [[Symbol("s")], /\$\[0\] is a symbol,/],
  "a symbol for a name": [{ deep: { [Symbol("s")]: 1 } }, /\$\.deep is an object with a symbol for a name,/],
  "a pattern": [new Map([["k", { like: /a/ }]]), /\$ value 0\.like is a RegExp,/],
  "a pattern as a key": [new Map([[/a/, 1]]), /\$ key 0 is a RegExp,/],
  "an error": [new Set([new TypeError("no")]), /\$ item 0 is a TypeError,/],
  "a promise": [{ later: Promise.resolve(1) }, /\$\.later is a Promise, which was not awaited,/],
  "a URL": [{ at: new URL("http://localhost") }, /\$\.at is a URL,/],
  "a boxed number": [[Object(1)], /\$\[0\] is a Number,/],
  "a list with a hole": [{ list: Array(2) }, /\$\.list\[0\] is a hole,/],
  "the result of a match": [{ found: "abc".match(/b/) }, /\$\.found is a list with names beside its items,/],
  "a list with a name": [{ rows: [named([3]), [1, 2]] }, /\$\.rows\[0\] is a list with names beside its items,/],
  "a list with a name, in the rows of a list": [
    [{ tags: ["a"] }, { tags: named(["b"]) }],
    /\$\[1\]\.tags is a list with/,
  ],
  "a long list with a name": [named(Array(10_000).fill(1)), /\$ is a list with names beside its items,/],
  "a list with a symbol": [
    [Object.assign([1], { [Symbol("s")]: 1 })],
    /\$\[0\] is a list with names beside its items,/,
  ],
  "a date with a name": [{ at: named(new Date(0)) }, /\$\.at is a Date with names of its own,/],
  "a map with a name": [[named(new Map([[1, 2]]))], /\$\[0\] is a Map with names of its own,/],
  "a set with a name": [[named(new Set([1]))], /\$\[0\] is a Set with names of its own,/],
  "a buffer with a name": [[named(new ArrayBuffer(1))], /\$\[0\] is an ArrayBuffer with names of its own,/],
  "a typed array with a name": [
    { w: named(new Float64Array([NaN])) },
    /\$\.w is a Float64Array with names of its own,/,
  ],
  "a long typed array with a name": [[named(new Uint8Array(9_999))], /\$\[0\] is a Uint8Array with names of its own,/],
  "a class that extends Float32Array": [{ w: new Weights(2) }, /\$\.w is a Weights,/],
  "a class that extends Map": [[new (class Table extends Map {})()], /\$\[0\] is a Table,/],
  "what holds itself": [circle, /\$\.self is what it stands in: it holds itself,/],
  "what is too deep": [deep(501), /is more than 500 levels deep,/],
  "what is much too deep": [deep(10_000), /is more than 500 levels deep,/],
  "a map that is too deep": [[deep(496), new Map([[1, deep(497)]])], /is more than 500 levels deep,/],
  "too large an integer": [{ n: 10n ** 10_000n }, /\$\.n is a bigint of more than 10000 digits,/],
};
