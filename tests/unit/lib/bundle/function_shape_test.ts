import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { parseCell } from "../../../../lib/bundle/cell_code.ts";
import { functionShape, namesIn, shapesIn } from "../../../../lib/bundle/function_shape.ts";
import type { AnyNode } from "../../../../lib/scope/declared_names.ts";

const code = (text: string) => parseCell(text) as unknown as AnyNode;
const NONE = { enums: new Set<string>() };

Deno.test("functionShape() is another one where a name differs in digits, or stands for another one", () => {
  for (
    const [one, other] of [
      ["(n) => model1(n)", "(n) => model2(n)"],
      ["(n) => Math.log2(n)", "(n) => Math.log10(n)"],
      ["() => ({ layer1: 1 })", "() => ({ layer2: 1 })"],
      ["(n1, n2) => n1", "(n1, n2) => n2"],
      [
        "class { #w1 = 1; #w2 = 2; ask() { return this.#w1; } }",
        "class { #w1 = 1; #w2 = 2; ask() { return this.#w2; } }",
      ],
      ["(n) => { { const n = 1; keep(n); } return n; }", "(n) => { { const m = 1; keep(n); } return n; }"],
    ] as const
  ) {
    notStrictEqual(functionShape(one, NONE), functionShape(other, NONE), one);
  }
});

Deno.test("functionShape() is the one that was written, where a bundler wrote it: names of its own and taken ones are renumbered", () => {
  for (
    const [written, bundled] of [
      ["const f = (n1: number): number => n1 + 1;", "(n12) => n12 + 1"],
      ["function even(n) { return n === 0 || even(n - 1); }", "function even2(n) { return n === 0 || even2(n - 1); }"],
      [
        "class Model { static by = 1; get() { return Model.by; } }",
        "class _Model { static by = 1; get() { return _Model.by; } }",
      ],
      ["const model1 = 1, f = (value: number) => ({ value, model1 });", "(value) => ({ value, model1: model13 })"],
      ["class Model { static of() { return new Model(); } }", "of() { return new _Model2(); }"],
      ["const f = () => undefined;", "() => void 0"],
      [
        "const f = (n: number) => { { const n = 1; keep(n); } return n; };",
        "(n) => { { const n2 = 1; keep(n2); } return n; }",
      ],
    ] as const
  ) {
    const [program, names] = [code(written), new Set([...namesIn(code(written)), "keep"])];
    strictEqual(shapesIn(program, NONE).includes(functionShape(bundled, { ...NONE, names })!), true, written);
  }
});

Deno.test("functionShape() is of nobody where a member of an enum is used, or where there is no text", () => {
  deepStrictEqual(functionShape("() => Kind.One", { enums: new Set(["Kind"]) }), undefined);
  deepStrictEqual(functionShape("function log() { [native code] }", NONE), undefined);
});
