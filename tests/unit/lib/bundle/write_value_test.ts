import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import { writeValue } from "../../../../lib/bundle/write_value.ts";

function written(value: unknown, own: readonly unknown[] = []): string {
  const parts: string[] = [];
  writeValue(value, own, (part) => void parts.push(typeof part === "string" ? part : `<${part.join()}>`));
  return parts.join("");
}

class Point {
  static made = 0;
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

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
  [new Map([[1, 2]]), new Map([[2, 1]])],
  [new Set([1]), [1]],
  [new Date(1), new Date(2)],
  [/a/g, /a/],
  [Uint8Array.of(1), Int8Array.of(1)],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [{
    get a() {
      return 1;
    },
  }, { a: 1 }],
  [new Point(1), new Point(2)],
];

Deno.test("writeValue() tells values apart as far as they are data", () => {
  for (const [one, other] of DIFFERENT) notDeepStrictEqual(written(one, [Point]), written(other, [Point]));
  deepStrictEqual(written({ a: [new Point(1), -1] }, [Point]), written({ a: [new Point(1), -1] }, [Point]));
});

Deno.test("writeValue() takes what is not one's own for one thing, and looks once at what comes again", () => {
  deepStrictEqual(written(new Point(1)), written(new Error("other")));
  deepStrictEqual(written(Point), written(() => 1));
  Point.made += 1;
  const before = written(Point, [Point]);
  Point.made += 1;
  notDeepStrictEqual(written(Point, [Point]), before);
  const ring: unknown[] = [];
  ring.push(ring, ring);
  deepStrictEqual(written(ring), "list 2;again 0;again 0;");
});

Deno.test("writeValue() runs by its text alone", () => {
  const alone = new Function("value", "write", `${writeValue}; writeValue(value, [], write);`);
  const parts: string[] = [];
  alone({ a: [1] }, (part: string) => parts.push(part));
  deepStrictEqual(parts.join(""), written({ a: [1] }));
});
