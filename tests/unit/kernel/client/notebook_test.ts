import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { cellTags, foreignLanguage, isJsonType, type NotebookCell } from "../../../../kernel/client/notebook.ts";

Deno.test("foreignLanguage() names what this kernel does not run, however the notebook says it", () => {
  const cases: [Record<string, unknown>, string | undefined][] = [
    [{}, undefined],
    [{ kernelspec: { name: "levada", language: "typescript" } }, undefined],
    [{ kernelspec: { name: "deno", display_name: "Deno" } }, undefined],
    [{ language_info: { name: "JavaScript" } }, undefined],
    [{ kernelspec: { name: "python3", language: "python" } }, "python"],
    [{ kernelspec: { name: "x", language: "" }, language_info: { name: "julia" } }, "julia"],
    [{ kernelspec: { name: "python3", display_name: "Python 3" } }, "python"],
    [{ kernelspec: { name: "python3.11" } }, "python"],
    [{ kernelspec: { name: "ir" } }, "R"],
    [{ kernelspec: { name: "irrigation" } }, undefined],
    [{ kernelspec: "python", language_info: null }, undefined],
  ];
  for (const [metadata, language] of cases) {
    strictEqual(foreignLanguage({ metadata, cells: [] }), language, JSON.stringify(metadata));
  }
});

Deno.test("cellTags() gives the tags that are text", () => {
  const cell = (tags: unknown): NotebookCell => ({ id: "a", cell_type: "raw", metadata: { tags }, source: "" });
  deepStrictEqual(cellTags(cell(["a", 1, "b"])), ["a", "b"]);
  deepStrictEqual(cellTags(cell("a")), []);
});

Deno.test("isJsonType() knows JSON by its name and by its ending", () => {
  const types = ["application/json", "application/vnd.vega.v5+json", "text/json", "image/svg+xml"];
  deepStrictEqual(types.map(isJsonType), [true, true, false, false]);
});
