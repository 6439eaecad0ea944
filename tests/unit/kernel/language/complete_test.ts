import { deepStrictEqual } from "node:assert/strict";
import { checkComplete } from "../../../../kernel/language/complete.ts";

const COMPLETE = [
  "",
  "1 + 1",
  "const a: number = 1",
  "function f() {\n}",
  "<p>x</p>",
  "await f()",
  "// note",
  "{ a: 1 }",
  "{ a: 1, b: 2 }",
  "<T>x",
  "enum A { B }",
];
const INCOMPLETE: readonly (readonly [string, string])[] = [
  ["function f() {", "  "],
  ["  if (a) {", "    "],
  ["f(", "  "],
  ["const a = [1,", ""],
  ["const a =", ""],
  ["const f = () =>", "  "],
  ["`text", ""],
  ["{ a: 1, b: [", "  "],
  ["{ a: 1,", ""],
  ["/* note", ""],
  ["class A {\n  m() {", "    "],
];
const INVALID = ["let a = ;\nb", ")", "const 1a = 2", "'text"];

Deno.test("checkComplete() knows code that can run", () => {
  for (const code of COMPLETE) deepStrictEqual(checkComplete(code), { status: "complete" }, code);
});

Deno.test("checkComplete() knows code that goes on, and how far to indent", () => {
  for (const [code, indent] of INCOMPLETE) deepStrictEqual(checkComplete(code), { status: "incomplete", indent }, code);
});

Deno.test("checkComplete() knows code that no end can mend", () => {
  for (const code of INVALID) deepStrictEqual(checkComplete(code), { status: "invalid" }, code);
});
