import { deepStrictEqual } from "node:assert/strict";
import MagicString from "magic-string";
import { positionAt, traceBack } from "../../../../kernel/language/positions.ts";

Deno.test("positionAt() counts lines and UTF-16 columns from 0", () => {
  deepStrictEqual(positionAt("ab\n👍c", 5), { line: 1, column: 2 });
  deepStrictEqual(positionAt("", 0), { line: 0, column: 0 });
  deepStrictEqual(positionAt("a\n", 2), { line: 1, column: 0 });
});

Deno.test("traceBack() follows several maps to the source", () => {
  const source = "one two\nthree four";
  const first = new MagicString(source);
  first.overwrite(0, 3, "changed").prepend("// added\n");
  const second = new MagicString(first.toString());
  second.remove(0, 3).append("\nend");
  const trace = traceBack([
    second.generateMap({ hires: true }).mappings,
    first.generateMap({ hires: true }).mappings,
  ]);
  const at = (word: string) => trace(positionAt(second.toString(), second.toString().indexOf(word)));
  deepStrictEqual(at("two"), positionAt(source, source.indexOf("two")));
  deepStrictEqual(at("four"), positionAt(source, source.indexOf("four")));
  deepStrictEqual(at("changed"), { line: 0, column: 0 });
});

Deno.test("traceBack() knows no source for lines without mappings, and survives broken ones", () => {
  const trace = traceBack(["AAAA"]);
  deepStrictEqual(trace({ line: 5, column: 0 }), undefined);
  deepStrictEqual(traceBack(["§$%&;;,,,"])({ line: 1, column: 3 }), undefined);
});
