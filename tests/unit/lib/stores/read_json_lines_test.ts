import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { readJsonLines, type ReadJsonLinesOptions } from "../../../../lib/stores/read_json_lines.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

async function read(text: string | Uint8Array, options?: ReadJsonLinesOptions): Promise<unknown[]> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.jsonl`;
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  return await Array.fromAsync(readJsonLines<unknown>(path, options));
}

Deno.test("readJsonLines() reads any value a line, without empty lines and marks", async () => {
  deepStrictEqual(await read('\ufeff{"a":1}\r\n\n  \n[1]\n"x"\nnull\n9007199254740993'), [
    { a: 1 },
    [1],
    "x",
    null,
    9007199254740993n,
  ]);
  deepStrictEqual(await read(""), []);
});

Deno.test("readJsonLines() takes columns and a range of time", async () => {
  const text =
    '{"n":1,"at":"2024-01-01T00:00:00Z"}\n{"n":2,"at":1704153600000}\n{"at":"2024-01-03"}\n{"n":4,"at":"2024-01-04"}\n';
  const range = { timeColumn: "at", from: new Date("2024-01-01"), to: new Date("2024-01-03") };
  deepStrictEqual(await read(text, { ...range, columns: ["n"] }), [{ n: 2 }, { n: null }]);
  await rejects(read('{"at":"soon"}\n', range), /"at" of line 1 is no time/);
  await rejects(read("5\n", range), /line 1 is no object/);
  await rejects(read(text, { from: new Date() }), /from needs a timeColumn/);
});

Deno.test("readJsonLines() tells the line that is wrong", async () => {
  await rejects(read('{"a":1}\n\n{"a":\n'), { name: "DataError", message: /^Cannot read ".*": line 3 is no JSON: / });
  await rejects(read(Uint8Array.of(49, 10, 0x22, 0xe9, 0x22, 10)), {
    name: "DataError",
    message: /line 2 is no UTF-8/,
  });
  await rejects(read("1\n1234\n", { maxLineBytes: 3 }), { message: /line 2 is longer than 3 bytes \(maxLineBytes\)/ });
  await rejects(read("1\n1234", { maxLineBytes: 3 }), { message: /line 2 is longer than 3 bytes/ });
  await rejects(read("1", { maxLineBytes: 0 }), /maxLineBytes is 0/);
});

Deno.test("readJsonLines() reads a line of 10 MB, and characters that lie across pieces", async () => {
  const long = "é".repeat(5_000_000);
  deepStrictEqual(await read(`1\n"${long}"\n2`), [1, long, 2]);
});

Deno.test("readJsonLines() closes the file when the reader stops, and says what is in the way", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.jsonl`;
  await Deno.writeTextFile(path, "1\n".repeat(100_000));
  for await (const row of readJsonLines<number>(path)) {
    strictEqual(row, 1);
    break;
  }
  await rejects(Array.fromAsync(readJsonLines(`${folder.path}/none`)), { name: "NotFound" });
  await rejects(Array.fromAsync(readJsonLines(folder.path)), /it is a directory/);
});
