import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { writeJsonLines } from "../../../../lib/steps/write_json_lines.ts";
import { readJsonLines } from "../../../../lib/stores/read_json_lines.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";
import { writeRows } from "../../../support/write_rows.ts";

Deno.test("writeJsonLines() and readJsonLines() keep every JSON value, and integers of any size", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/new/rows.jsonl`;
  const rows = [{ a: [1, { b: null }] }, 'text\n"', 5, null, [true], { n: 2n ** 70n }];
  deepStrictEqual(await writeRows(writeJsonLines({ path }), rows), { written: rows, errors: [] });
  await writeRows(writeJsonLines({ path }), [{ later: new Date(0) }]);
  deepStrictEqual(await Array.fromAsync(readJsonLines<unknown>(path)), [...rows, {
    later: "1970-01-01T00:00:00.000Z",
  }]);
});

Deno.test("writeJsonLines() writes the columns that are said", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.jsonl`;
  await writeRows(writeJsonLines({ path, columns: ["n=a", "no"] }), [{ a: 1, b: 2 }, [3, 4]]);
  strictEqual(await Deno.readTextFile(path), '{"n":1,"no":null}\n{"n":3,"no":4}\n');
});

Deno.test("writeJsonLines() fails what JSON would lose, and no other", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.jsonl`;
  const { written, errors } = await writeRows(writeJsonLines({ path }), [1, NaN, new Map(), undefined, {
    a: { b: NaN },
  }, 2]);
  deepStrictEqual([written, errors.length], [[1, 2], 4]);
  strictEqual(errors.at(-1), `error: Step "write" failed: Cannot write the row as JSON: field "b" is NaN`);
  strictEqual(await Deno.readTextFile(path), "1\n2\n");
});
