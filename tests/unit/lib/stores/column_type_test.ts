import { deepStrictEqual } from "node:assert/strict";
import { COLUMN_TYPE } from "../../../../lib/stores/column_type.ts";

Deno.test("COLUMN_TYPE lets types in, and nothing else that could be read as SQL", () => {
  const taken = (value: unknown) => COLUMN_TYPE.safeParse(value).success;
  deepStrictEqual(["BIGINT", "TIMESTAMPTZ", "DECIMAL(38,10)", "DECIMAL(1,0)"].map(taken), [true, true, true, true]);
  const wrong = ["bigint", "BIGINT); DROP TABLE x", "DECIMAL(39,1)", "DECIMAL(3,4)", "DECIMAL(3)", "", null, 5, [
    "BIGINT",
  ]];
  deepStrictEqual(wrong.filter(taken), []);
});
