import { createHash } from "node:crypto";
import { Session } from "node:inspector/promises";
import { deepStrictEqual, notDeepStrictEqual, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EventEmitter } from "node:events";
import { hashValues } from "../../../../lib/bundle/hash_values.ts";
import { systemData } from "../../../../lib/bundle/system_data.ts";

async function hashed(...values: readonly unknown[]) {
  const looked = values.map((value) => ({ value, isOpen: true }));
  return (await hashValues(looked, { createHash, Session, systemData })).hashed;
}

class Point {
  static made = 0;
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  x() {
    return this.#x;
  }
}

class Named extends Map<string, number> {
  extra = 1;
}

const shared = [1];
const holding = (held: unknown) => () => held;
const named = (extra: number) => Object.assign(new Named(), { extra });
const at = (lastIndex: number) => Object.assign(/a/g, { lastIndex });
const database = (sql: string) => {
  const made = new DatabaseSync(":memory:");
  made.exec(`create table "a "" b" (n int, b blob); ${sql}`);
  return made;
};
const emitter = (...names: string[]) => {
  const made = new EventEmitter();
  for (const name of names) made.on(name, () => {});
  return made;
};
const key = (from: number, extractable = true) =>
  crypto.subtle.importKey("raw", Uint8Array.of(from), { name: "HMAC", hash: "SHA-256" }, extractable, ["sign"]);

const DIFFERENT: readonly [one: unknown, other: unknown][] = [
  [1, "1"],
  [0, -0],
  [1n, 1],
  [null, undefined],
  [[1, 2], [[1, 2]]],
  [[[1], 2], [[1, 2]]],
  [["a", "b"], ["a,b"]],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }],
  [{ a: undefined }, {}],
  [{ [Symbol("k")]: 1 }, { [Symbol("k")]: 2 }],
  [new Map([[1, 2]]), new Map([[2, 1]])],
  [new Set([1]), [1]],
  [new Date(1), new Date(2)],
  [/a/g, /a/],
  [at(0), at(1)],
  [Uint8Array.of(1), Int8Array.of(1)],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [Uint8Array.of(1).buffer, Uint8Array.of(2).buffer],
  [{
    get a() {
      return 1;
    },
  }, { a: 1 }],
  [new Point(1), new Point(2)],
  [named(1), named(2)],
  [[shared, shared], [[1], [1]]],
  [new URL("http://a"), new URL("http://b")],
  [new URLSearchParams("a=1"), new URLSearchParams("a=2")],
  [new Headers({ a: "1" }), new Headers({ a: "2" })],
  [new Error("a"), new Error("b")],
  [Promise.resolve(1), Promise.resolve(2)],
  [Object.assign(Object.create(null), { a: 1 }), Object.create(null)],
  [database("insert into [a \" b] values (1, x'00')"), database("")],
  [
    database('insert into [a " b] values (9007199254740993, null)'),
    database('insert into [a " b] values (9007199254740992, null)'),
  ],
  [database("create table c (n)"), database("create table d (n)")],
  [database("create temp table c (n)"), database("")],
  [
    database("create table c (n); insert into c values ('{'); alter table c add m as (json(n))"),
    database("create table c (n); alter table c add m as (json(n))"),
  ],
  [emitter("a"), emitter()],
  [emitter("a", "b"), emitter("a", "a")],
  [new Blob(["a"]), new Blob(["b"])],
  [new File(["a"], "a"), new File(["a"], "b")],
  [await key(1), await key(2)],
  [await key(1), await key(1, false)],
];

Deno.test("hashValues() tells values apart: data, private fields, what closures hold, and identities", async () => {
  for (const [one, other] of DIFFERENT) notDeepStrictEqual(await hashed(one), await hashed(other), Deno.inspect(one));
  const make = () => [
    new Point(1),
    named(2),
    [shared, shared],
    at(1),
    -0,
    Promise.resolve("a"),
    database("insert into [a \" b] values (1, x'00')"),
    emitter("a"),
    new Blob(["a"]),
  ];
  deepStrictEqual(await hashed(make()), await hashed(make()));
});

Deno.test("hashValues() tells what functions of cells hold", async () => {
  const of = async (value: unknown) => {
    const tools = { createHash, Session, systemData, answers: "111" }; // each function is of a cell
    return (await hashValues([{ value, isOpen: false }], tools)).hashed[0]!.hash;
  };
  notDeepStrictEqual(await of(holding(1)), await of(holding(2)));
  notDeepStrictEqual(await of(holding({ a: new Point(1) })), await of(holding({ a: new Point(2) })));
  deepStrictEqual(await of(holding({ a: new Point(1) })), await of(holding({ a: new Point(1) })));
});

Deno.test("hashValues() tells what is one object under two names", async () => {
  notDeepStrictEqual(await hashed(shared, [shared]), await hashed(shared, [[1]]));
  deepStrictEqual(await hashed([1], [2]), await hashed([1], [2]));
});

Deno.test("hashValues() tells what hides, and goes through rings and depths", async () => {
  const ring: unknown[] = [];
  ring.push(ring, ring);
  const deep: unknown = Array.from({ length: 20_000 }).reduce((inner) => ({ inner }), 1);
  const hidden = [new WeakMap(), { ids: (function* () {})() }, [].values(), ring, deep, "text"];
  deepStrictEqual((await hashed(...hidden)).map(({ hidden }) => hidden), [
    "a WeakMap",
    "a Generator",
    "a Array Iterator",
    null,
    null,
    null,
  ]);
});

Deno.test("hashValues() looks into objects of packages only where it is asked to, and never into schemas", async () => {
  const tools = { createHash, Session, systemData };
  const closed = async (value: unknown) => (await hashValues([{ value, isOpen: false }], tools)).hashed[0]!.hash;
  strictEqual(await closed(new Point(1)), await closed(new Point(2)));
  class Schema {
    "~standard" = {};
    parsed: number;
    constructor(parsed: number) {
      this.parsed = parsed;
    }
  }
  deepStrictEqual(await hashed(new Schema(1)), await hashed(new Schema(2)));
});

Deno.test("hashValues() runs by its text alone, and by what another process has found out", async () => {
  const { hashed, answers } = await hashValues([{ value: new Point(1), isOpen: true }], {
    createHash,
    Session,
    systemData,
  });
  const alone = new Function(`${hashValues}; return hashValues;`)() as typeof hashValues;
  const again = await alone([{ value: new Point(1), isOpen: true }], { createHash, Session, systemData, answers });
  deepStrictEqual(again.hashed, hashed);
});

Deno.test("hashValues() looks at much, and at no more than it is told to", async () => {
  const much = [Array.from({ length: 2_100_000 }, () => 0), Array.from({ length: 2_100 }, (_, n) => () => n)];
  deepStrictEqual((await hashed(...much)).filter(({ hash }) => hash === null), []);
  const limits = { parts: 6, looks: 2 };
  const tools = { createHash, Session, systemData, limits };
  const of = async (value: unknown) => (await hashValues([{ value, isOpen: true }], tools)).hashed[0]!.hash;
  deepStrictEqual([await of([1, 2, 3, 4, 5, 6]), await of([1, 2, 3, 4].map((n) => () => n))], [null, null]);
  strictEqual([await of([1, 2, 3, 4, 5]), await of([1, 2].map((n) => () => n))].includes(null), false);
});
