import { deepStrictEqual } from "node:assert/strict";
import { matchFunction } from "../../../../kernel/language/functions_in.ts";
import { readCell, rewriteCell } from "../../../../kernel/language/rewrite.ts";

/** The text that is found for what stands at a mark of the cell's script. */
async function found(code: string, ...marks: readonly string[]): Promise<(string | undefined)[]> {
  const { code: script } = await rewriteCell(code, { directory: "file:///", engine: "engine" });
  return marks.map((mark) => {
    const before = script.slice(0, script.indexOf(mark)).split("\n");
    const place = matchFunction(readCell(code), script, { line: before.length - 1, column: before.at(-1)!.length });
    return place && code.split("\n")[place.line]!.slice(place.column, place.column + 12);
  });
}

Deno.test("matchFunction() finds functions of every form behind types that are gone", async () => {
  const code = `function over(a: string): void;
function over(a: unknown) { return a as string; }
abstract class Base { abstract m(): void; x: number = 1; constructor(readonly p: number) {} go<T>(t: T) { return t; } }
const f = [(a: number): number => a, async (b: string) => b, <T,>(c: T) => c, function* named(d: Map<string, number>) {}];`;
  const marks = ["(a) {", "(p)", "(t)", "(a) =>", "async (b)", "(c) =>", "(d)"];
  deepStrictEqual(await found(code, ...marks), [
    "function ove",
    "abstract cla",
    "<T>(t: T) { ",
    "(a: number):",
    "async (b: st",
    "<T,>(c: T) =",
    "function* na",
  ]);
});

Deno.test("matchFunction() counts out what enums become, and finds what stands in an object that is a cell", async () => {
  deepStrictEqual(await found("enum E { A, B }\nconst f = (e: E) => e;", "(e)"), ["(e: E) => e;"]);
  deepStrictEqual(await found("{ f: (x: number) => x }", "(x)"), ["(x: number) "]);
});

Deno.test("matchFunction() gives nothing for a place without a function, nor where decorators add functions", async () => {
  deepStrictEqual(await found("const a = (x) => x;", "a ="), [undefined]);
  deepStrictEqual(await found("@mark class A {}\nconst f = (x) => x;", "(x)"), [undefined]);
});
