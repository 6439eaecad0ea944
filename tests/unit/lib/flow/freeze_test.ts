import { deepStrictEqual, throws } from "node:assert/strict";
import { freezeData } from "../../../../lib/flow/freeze.ts";

Deno.test("freezeData() freezes plain objects and lists all the way down, cycles too", () => {
  const body: { list: unknown[]; self?: unknown } = { list: [{ deep: { deeper: 1 } }] };
  body.self = body;
  freezeData(body);
  throws(() => body.list.push(1), TypeError);
  throws(() => (body.list[0] as { deep: { deeper: number } }).deep.deeper = 2, TypeError);
});

Deno.test("freezeData() leaves what freezing does not keep from changing, and what is deep does not exhaust the stack", () => {
  const [map, bytes, own] = [
    new Map([["a", { n: 1 }]]),
    new Uint8Array(2),
    new (class Own {
      n = 1;
    })(),
  ];
  let deep: unknown = 1;
  for (let level = 0; level < 200_000; level++) deep = [deep];
  freezeData({ map, bytes, own, deep, text: "x", nothing: null });
  own.n = 2;
  bytes[0] = 3;
  map.get("a")!.n = 4;
  deepStrictEqual([own.n, bytes[0], map.get("a")], [2, 3, { n: 4 }]);
});
