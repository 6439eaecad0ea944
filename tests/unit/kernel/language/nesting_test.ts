import { strictEqual } from "node:assert/strict";
import { isTooDeep, NESTING_AT_MOST } from "../../../../kernel/language/nesting.ts";

Deno.test("isTooDeep() finds what would overflow the parser's stack", () => {
  const many = NESTING_AT_MOST + 1;
  for (const open of ["(", "[", "{", "`${", "<a>", "a<", "f({x:["]) {
    strictEqual(isTooDeep(open.repeat(many)), true, open);
  }
});

Deno.test("isTooDeep() lets long code pass", () => {
  const long = 10 * NESTING_AT_MOST;
  for (const piece of ["f([{}]);", "<a></a>", "<br/>", "if (a < b) { c }\n;", ")", "x", "</a>", "'('+')';"]) {
    strictEqual(isTooDeep(piece.repeat(long)), false, piece);
  }
  strictEqual(isTooDeep("(".repeat(NESTING_AT_MOST) + ")".repeat(NESTING_AT_MOST)), false);
});
