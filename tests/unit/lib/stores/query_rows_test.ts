import { deepStrictEqual } from "node:assert/strict";
import { readSql } from "../../../../lib/stores/read_sql.ts";

Deno.test("queryRows() gives columns of any name as own fields, and tells two of one name apart", async () => {
  const [row] = await Array.fromAsync(readSql(`SELECT 1 AS "__proto__", 2 AS "constructor", 3 AS a, 4 AS a`));
  deepStrictEqual(Object.entries(row!), [["__proto__", 1], ["constructor", 2], ["a", 3], ["a:1", 4]]);
  deepStrictEqual(Object.getPrototypeOf(row), Object.prototype);
});
