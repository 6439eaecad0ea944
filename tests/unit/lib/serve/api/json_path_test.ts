import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readJsonPath } from "../../../../../lib/serve/api/json_path.ts";

const DOCUMENT = JSON.parse(
  '{"a": {"b": [10, 20, {"c": 1}]}, "odd name": 3, "__proto__": 4, "e": null, "it\'s": 5, "x-y": 6}',
);

Deno.test("readJsonPath() finds names, places, and all that there is", () => {
  const found = [
    "$",
    "$.a.b[1]",
    "$['a'][\"b\"][2].c",
    "$.a.b[*]",
    "$['odd name']",
    "$.*.b",
    "$.e",
    "$.x-y",
    "$['it\\'s']",
  ];
  deepStrictEqual(found.slice(1).map((path) => readJsonPath(path).find(DOCUMENT)), [
    [20],
    [1],
    [10, 20, { c: 1 }],
    [3],
    [[10, 20, { c: 1 }]],
    [null],
    [6],
    [5],
  ]);
  strictEqual(readJsonPath("$").find(DOCUMENT)[0], DOCUMENT);
  deepStrictEqual([readJsonPath("$.a[*].b").isMany, readJsonPath("$.a['*']").isMany], [true, false]);
});

Deno.test("readJsonPath() finds nothing where nothing of one's own is, and no inherited fields", () => {
  for (
    const path of ["$.toString", "$.a.b.length", "$.a.b[3]", "$.a.b[-1]".replace("-1", "9"), "$.e.f", "$.constructor"]
  ) {
    deepStrictEqual(readJsonPath(path).find(DOCUMENT), [], path);
  }
  deepStrictEqual(readJsonPath("$.__proto__").find(DOCUMENT), [4]);
  for (const document of [undefined, null, 1, "text", []]) deepStrictEqual(readJsonPath("$.a").find(document), []);
});

Deno.test("readJsonPath() refuses what is no path down", () => {
  const wrong = [
    "",
    "a",
    "$a",
    "$..a",
    "$.a[?(@.b)]",
    "$[0:2]",
    "$[-1]",
    "$.",
    "$[",
    "$['a",
    "$[99999999999]",
    "$.a b",
    "$ ",
  ];
  for (const text of [...wrong, `$${".".repeat(100_000)}`]) {
    throws(() => readJsonPath(text), SyntaxError, text.slice(0, 20));
  }
});

Deno.test("readJsonPath() takes typed arrays, which tensors have, as lists", () => {
  const document = { inputs: [{ data: new Float32Array([0.5, 2]) }] };
  const find = (path: string) => readJsonPath(path).find(document);
  deepStrictEqual([find("$.inputs[0].data[1]"), find("$.inputs[0].data[2]"), find("$.inputs[0].data[*]")], [
    [2],
    [],
    [0.5, 2],
  ]);
});
