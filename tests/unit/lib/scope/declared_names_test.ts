import { deepStrictEqual } from "node:assert/strict";
import { parseSync, type VariableDeclaration } from "oxc-parser";
import { bindingNames } from "../../../../lib/scope/declared_names.ts";

Deno.test("bindingNames() adds what a pattern binds, in the order of the text", () => {
  const { program } = parseSync("code.ts", "const { a, b: [c, , d = 1], ...e } = x;");
  const names = new Set<string>();
  bindingNames((program.body[0] as VariableDeclaration).declarations[0]!.id, names);
  deepStrictEqual([...names], ["a", "c", "d", "e"]);
});
