import { deepStrictEqual, strictEqual } from "node:assert/strict";
import MagicString from "magic-string";
import { parseSync } from "oxc-parser";
import { isValue, returnLast, rewriteStatements } from "../../../../kernel/language/statements.ts";

const OPTIONS = { directory: "file:///nb/", engine: "E" };

function programOf(script: string) {
  const { program, errors } = parseSync("cell.js", script, { lang: "js", sourceType: "module" });
  deepStrictEqual(errors, [], script);
  return program;
}

function rewritten(script: string): string {
  const edited = new MagicString(script);
  rewriteStatements(programOf(script), edited, OPTIONS);
  return edited.toString();
}

function returned(script: string): string {
  const edited = new MagicString(script);
  returnLast(programOf(script), edited, OPTIONS);
  return edited.toString();
}

/** A statement, and what it becomes so that the next cells share its names. */
const STATEMENTS: readonly [string, string][] = [
  ["var a = 1;", "var a = 1;"],
  ["const a = 1, b = 2;", "var a = 1, b = 2;"],
  ["let a, b = 2;", "var a=void 0, b = 2;"],
  ["using a = f();", "var a = f();"],
  ["await using a = f();", "var a = f();"],
  ["await  /* soon */ using a = f();", "var a = f();"],
  ["class A {}", "var A=class A {};"],
  ["function f() { const kept = 1; }", "function f() { const kept = 1; }"],
  ["if (a) { let kept; }", "if (a) { let kept; }"],
  ["export const a = 1;", "var a = 1;"],
  ["export class A {}", "var A=class A {};"],
  ["export { a };", ";"],
  ["export { a } from './x.ts';", 'await import("file:///nb/x.ts");'],
  ["export * from 'y';", 'await import("y");'],
  ["export default class {}", "(class {});"],
  ["export default class A {}", "var A=class A {};"],
  ["export default function () {}", "(function () {});"],
  ["import './x.ts';", 'await import("file:///nb/x.ts");'],
  ["import {} from 'y';", 'await import("y");'],
  ["import a from 'y';", 'var {default:a}=await import("y");'],
  ["import * as a from '/abs.ts';", 'var a=await import("file:///abs.ts");'],
  ["import a, { b as c, 'd-e' as f } from 'y';", `var {default:a,b:c,'d-e':f}=await import("y");`],
  ["import a, * as b from 'y';", 'var b=await import("y"),{default:a}=b;'],
  ["import a from 'y' with { type: 'json' };", `var {default:a}=await import("y",{with:{type:'json'}});`],
  ["f(import.meta.url);", "f(E.meta.url);"],
  [
    "f(import('./x.ts'), import('y'), import(z));",
    "f(import(\"file:///nb/x.ts\"), import('y'), import(E.resolve(z)));",
  ],
  ["function f() { return import('./x.ts'); }", 'function f() { return import("file:///nb/x.ts"); }'],
];
for (const [script, expected] of STATEMENTS) {
  Deno.test(`rewriteStatements() takes ${script}`, () => strictEqual(rewritten(script), expected));
}

Deno.test("returnLast() hands the last value on, past empty statements, and nothing else", () => {
  strictEqual(returned("a; b"), "a; await E.result((b))");
  strictEqual(returned("a, b;;"), "await E.result((a, b));;");
  strictEqual(returned("export default a + 1;"), "export default await E.result((a + 1));");
  for (
    const script of ["", "const a = 1;", "a; if (b) c;", "export default function f() {}", "export default class {}"]
  ) {
    strictEqual(returned(script), script);
  }
});

Deno.test("isValue() knows what a cell may end with", () => {
  const last = (script: string) => programOf(script).body.at(-1)!;
  deepStrictEqual(["a", "export default a", "export default () => 1"].map((script) => isValue(last(script))), [
    true,
    true,
    true,
  ]);
  deepStrictEqual(["var a", "{ a }", "export default class {}"].map((script) => isValue(last(script))), [
    false,
    false,
    false,
  ]);
});
