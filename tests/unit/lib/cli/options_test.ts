import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readName, readOptions, readSeconds } from "../../../../lib/cli/options.ts";

Deno.test("readOptions() separates options from words", () => {
  const { values, positionals } = readOptions(["a", "--output", "b", "--keep", "c"], {
    output: { type: "string" },
    keep: { type: "boolean" },
  });
  deepStrictEqual([{ ...values }, positionals], [{ output: "b", keep: true }, ["a", "c"]]);
});

Deno.test("readOptions() refuses unknown options and missing values", () => {
  for (const args of [["--foo"], ["-x"], ["--output"], ["--keep=1"]]) {
    throws(() => readOptions(args, { output: { type: "string" }, keep: { type: "boolean" } }), { name: "UsageError" });
  }
});

Deno.test("readSeconds() gives milliseconds and refuses what is no time", () => {
  strictEqual(readSeconds("timeout", undefined), undefined);
  strictEqual(readSeconds("timeout", "2.5"), 2500);
  for (const text of ["0", "-1", "soon", "", " ", "Infinity", "NaN", "1e9"]) {
    throws(() => readSeconds("timeout", text), { name: "UsageError", message: /^--timeout takes a number of seconds/ });
  }
});

Deno.test("readName() takes one word, which is not empty", () => {
  strictEqual(readName(["shop"]), "shop");
  for (const words of [[], [""], ["a", "b"]]) throws(() => readName(words), { name: "UsageError" });
});
