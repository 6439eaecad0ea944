import { strictEqual, throws } from "node:assert/strict";
import { quoteName, quotePath, quoteText } from "../../../../lib/stores/sql_text.ts";

Deno.test("quoteName() and quoteText() leave nothing that ends the quotes", () => {
  strictEqual(quoteName(`a"; DROP TABLE b; --`), `"a""; DROP TABLE b; --"`);
  strictEqual(quoteText(`it's'`), `'it''s'''`);
  throws(() => quoteName(""), /Cannot use "" as a name in SQL/);
  throws(() => quoteName("a\0b"), /Cannot use "a\\u0000b" as a name in SQL/);
  throws(() => quoteText("a\0b"), /zero byte/);
});

Deno.test("quotePath() leaves no patterns in a path", () => {
  strictEqual(quotePath("/data/a[1]*?.csv"), "'/data/a[[]1][*][?].csv'");
});
