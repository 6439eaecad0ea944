import { strictEqual } from "node:assert/strict";
import { notData } from "../../../../../lib/models/host/data_only.ts";

Deno.test("notData() finds nothing in data, also in what holds itself", () => {
  const loop: Record<string, unknown> = { list: [1, "a", null, undefined, 2n, new Date(), new Float32Array(2)] };
  loop.self = loop;
  for (const value of [loop, new Map([["k", [1]]]), new Set([1]), new ArrayBuffer(1), Object.create(null), "text"]) {
    strictEqual(notData(value, "it"), undefined);
  }
});

Deno.test("notData() names what cannot be sent, and where it is", () => {
  class Client {}
  strictEqual(notData({ a: [{ call: () => 1 }] }, "it"), "it.a[0].call is a function");
  strictEqual(notData({ client: new Client() }, "args"), "args.client is a Client");
  strictEqual(notData(new Map([["k", Symbol("s")]]), "it"), "it[0] is a symbol");
  strictEqual(notData(new Response(), "it"), "it is a Response");
  strictEqual(notData([(function* () {})()], "it"), "it[0] is a Generator");
  strictEqual(notData((async function* () {})(), "it"), "it is an AsyncGenerator");
  strictEqual(notData(new (class {})(), "it"), "it is an object of a class without a name");
});
