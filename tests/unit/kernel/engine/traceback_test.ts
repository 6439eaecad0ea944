import { deepStrictEqual } from "node:assert/strict";
import type { Described } from "../../../../kernel/engine/carried.ts";
import { failureOf, syntaxFailure } from "../../../../kernel/engine/traceback.ts";

const SOURCES = new Map([["r1", "const a = 1;\n\tthrow 日本 👍 e\u0301x;\n"]]);

function described(line: number, column: number): Described {
  const frame = { name: "", execution: "r1", place: "cell [1]", line, column };
  return { name: "Error", message: "m", frames: [frame], causes: [] };
}

Deno.test("failureOf() marks the column below wide, combining and tab characters", () => {
  const at = (text: string) =>
    failureOf(described(2, SOURCES.get("r1")!.split("\n")[1]!.indexOf(text) + 1), SOURCES).traceback[2];
  deepStrictEqual(at("throw"), "    \t^");
  deepStrictEqual(at("本"), `    \t${" ".repeat("throw 日 ".length)}^`);
  deepStrictEqual(at("👍"), `    \t${" ".repeat("throw ".length + 4 + 1)}^`);
  deepStrictEqual(at("x;"), `    \t${" ".repeat("throw ".length + 4 + 1 + 2 + 1 + 1)}^`);
});

Deno.test("failureOf() shows frames without a line where the source is unknown", () => {
  deepStrictEqual(failureOf(described(9, 1), SOURCES).traceback, ["Error: m", "    at cell [1]:9:1"]);
  deepStrictEqual(failureOf(described(1, 1), new Map()).traceback, ["Error: m", "    at cell [1]:1:1"]);
});

Deno.test("failureOf() shows named functions and files, and causes below", () => {
  const cause: Described = { name: "E", message: "", frames: [], causes: [] };
  const frame = { name: "load", execution: undefined, place: "/nb/x.ts", line: 3, column: 4 };
  deepStrictEqual(failureOf({ name: "A", message: "b", frames: [frame], causes: [cause] }, SOURCES), {
    name: "A",
    message: "b",
    traceback: ["A: b", "    at load (/nb/x.ts:3:4)", "Caused by E"],
  });
});

Deno.test("syntaxFailure() marks the place", () => {
  deepStrictEqual(syntaxFailure("Unexpected token", "a\nb c", { line: 1, column: 2 }), {
    name: "SyntaxError",
    message: "Unexpected token",
    traceback: ["SyntaxError: Unexpected token", "2 | b c", "      ^"],
  });
});

Deno.test("failureOf() quotes of a very long line what is near the mark", () => {
  const quoted = (code: string, column: number) =>
    failureOf(described(1, column), new Map([["r1", code]])).traceback.slice(1, 3);
  const long = `${"a".repeat(3000)}X${"b".repeat(3000)}`;
  deepStrictEqual(quoted(long, 3001), [
    `1 | …${"a".repeat(80)}X${"b".repeat(79)}…`,
    `${" ".repeat("1 | …".length + 80)}^`,
  ]);
  deepStrictEqual(quoted(`X${"👍".repeat(200)}`, 1), [`1 | X${"👍".repeat(79)}…`, "    ^"]);
});
