import { deepStrictEqual } from "node:assert/strict";
import { parseSync } from "oxc-parser";
import { freeNames } from "../../../../lib/scope/free_names.ts";

/** Uses by name, with `:t` where it is a type, `:l` where it is later, `:s` where it is short for a property. */
function uses(code: string, lang: "ts" | "tsx" = "tsx"): string[] {
  return freeNames(program(code, lang)).uses.map(({ name, isType, isLater, isShorthand }) =>
    `${name}${isType ? ":t" : ""}${isLater ? ":l" : ""}${isShorthand ? ":s" : ""}`
  );
}

function writes(code: string): string[] {
  return freeNames(program(code, "ts")).writes.map(({ name, what, isLater }) =>
    `${name}:${what}${isLater ? ":l" : ""}`
  );
}

function program(code: string, lang: "ts" | "tsx") {
  const { program, errors } = parseSync(`code.${lang}`, code, { lang, sourceType: "module" });
  deepStrictEqual(errors, [], code);
  return program;
}

const USES: readonly [code: string, uses: string[]][] = [
  // functions: parameters, defaults, var, their own names
  ["function f({ a, b = c }: P, ...rest: R[]) { var q = a + b + d; return rest.map((x) => x * k + q); }", [
    "c:l",
    "P:t:l",
    "R:t:l",
    "d:l",
    "k:l",
  ]],
  ["const g = function me(n) { return n ? me(n - 1) : arguments.length; };", []],
  ["function f() { if (a) { var v = 1; } return v; }", ["a:l"]],
  ["{ let inner = 1; inner; } inner;", ["inner"]],
  // classes: what is computed at once, and what for each instance
  ["class A extends B { #x = y; static z = w; m() { return super.m(v); } [key]() {} static { u(); } @mark p = 1; }", [
    "B",
    "y:l",
    "w",
    "v:l",
    "key",
    "u",
    "mark",
  ]],
  ["class C { constructor(private readonly p: T, q = d) { this.p; } }", ["T:t:l", "d:l"]],
  // `this` is a name too, of functions and classes
  ["const f = () => this; function g() { return () => this; } class C { a = this; static { this; } }", ["this:l"]],
  ["namespace N { export import X = A.b; X; } import Y = N2.z; Y;", ["A", "N2"]],
  // objects
  ["const o = { a, b: c, [d]: e, f() { return g; } };", ["a:s", "c", "d", "e", "g:l"]],
  ["const { r = r0, [k]: v, ...rest } = src; r; v; rest;", ["r0", "k", "src"]],
  // called at once, or handed to a call: now
  ["list.map((i) => i + n); (() => now)(); const later = () => then;", ["list", "n", "now", "then:l"]],
  // statements
  ["loop: for (const i of xs) { if (i) break loop; } try { t(); } catch ({ message }) { log(message); }", [
    "xs",
    "t",
    "log",
  ]],
  ["switch (s) { case c: let k = 2; use(k); } for (let i = 0, n = m; i < n; i++) i;", ["s", "c", "use", "m"]],
  ["import a, { b as c } from 'x'; a; c; b; export { q as default }; import.meta.url; import(dyn);", [
    "b",
    "q",
    "dyn",
  ]],
  ["using a = open(); enum E { A = 1, B = A << 1, C = other } E.A;", ["open", "other"]],
  ["namespace N { export const a = out; a; } N;", ["out"]],
  // types
  ["type X<A> = Y<A> extends infer U ? U : typeof val; interface I extends J { m<B>(b: B): K; prop: L }", [
    "Y:t",
    "val:t",
    "J:t",
    "K:t",
    "L:t",
  ]],
  ["type M = { [P in Keys]: Val[P] }; let f: (a: A, b: B) => R; const x = y as Q, z = y satisfies S, w = y!;", [
    "Keys:t",
    "Val:t",
    "A:t",
    "B:t",
    "R:t",
    "y",
    "Q:t",
    "y",
    "S:t",
    "y",
  ]],
  ["function g(this: Th, a: unknown): a is Str { return h<G>(a); }", ["Th:t:l", "Str:t:l", "h:l", "G:t:l"]],
  // JSX
  ["const c = <Comp a={b}><div/><ns.Item/></Comp>;", ["Comp", "b", "ns", "Comp"]],
];

Deno.test("freeNames() finds the names that code takes from outside, and how", () => {
  for (const [code, expected] of USES) deepStrictEqual(uses(code), expected, code);
  deepStrictEqual(uses("const a = <Bar>x;", "ts"), ["Bar:t", "x"]);
});

Deno.test("freeNames() tells what is changed: bindings or values, now or later", () => {
  deepStrictEqual(writes("n++; [a, { b, c = 1 }] = v; delete z.k; total.x[y].w ||= 3; for (w of ws);"), [
    "n:binding",
    "a:binding",
    "b:binding",
    "c:binding",
    "z:value",
    "total:value",
    "w:binding",
  ]);
  deepStrictEqual(writes("xs.forEach((x) => { sum += x; }); const f = () => { count++; let own = 1; own = 2; };"), [
    "sum:binding",
    "count:binding:l",
  ]);
});

Deno.test("freeNames() tells where each use stands", () => {
  deepStrictEqual(freeNames(program("const o = { name };", "ts")).uses, [
    { name: "name", start: 12, end: 16, isType: false, isLater: false, isShorthand: true },
  ]);
});
