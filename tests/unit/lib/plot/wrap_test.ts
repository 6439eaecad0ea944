import { deepStrictEqual, ok } from "node:assert/strict";
import { wrapName } from "../../../../lib/plot/wrap.ts";

Deno.test("wrapName() leaves a name that fits", () => {
  deepStrictEqual(wrapName("flatten_paragraphs"), ["flatten_paragraphs"]);
  deepStrictEqual(wrapName(""), [""]);
});

Deno.test("wrapName() breaks behind marks, before capitals, and within a word only where it must", () => {
  deepStrictEqual(wrapName("a_name_of_sixty_characters_that_is"), ["a_name_of_sixty_", "characters_that_is"]);
  deepStrictEqual(wrapName("normalizeWholeTextsAndSplitThem"), ["normalizeWholeTextsAnd", "SplitThem"]);
  deepStrictEqual(wrapName("x".repeat(30)), ["x".repeat(24), "xxxxxx"]);
});

Deno.test("wrapName() keeps letters whole that are made of several characters", () => {
  deepStrictEqual(wrapName("👩‍🔬".repeat(13)), ["👩‍🔬".repeat(12), "👩‍🔬"]); // each takes two columns
  deepStrictEqual(wrapName(`a${"水".repeat(12)} x`), [`a${"水".repeat(11)}`, "水 x"]);
});

Deno.test("wrapName() cuts what is very long", () => {
  const lines = wrapName("word ".repeat(10_000));
  ok(lines.length === 6 && lines.at(-1) === "…");
});
