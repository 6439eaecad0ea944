import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { readCsv, type ReadCsvOptions } from "../../../../lib/stores/read_csv.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** Reads a text, or bytes, as a file. */
async function read(text: string | Uint8Array, options?: ReadCsvOptions): Promise<Record<string, unknown>[]> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/it's [a]*.csv`;
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  return await Array.fromAsync(readCsv(path, options));
}

Deno.test("readCsv() reads objects with the types that fields look like", async () => {
  deepStrictEqual(
    await read(
      'n,x,s,zip,b,day,at,zoned\n1,1.5,a,00123,true,2024-01-31,2024-01-31 10:00:00.5,2024-01-31T10:00:00+02:00\n2,,"",,,,,\n',
    ),
    [
      {
        n: 1,
        x: 1.5,
        s: "a",
        zip: "00123",
        b: true,
        day: new Date("2024-01-31T00:00:00Z"),
        at: new Date("2024-01-31T10:00:00.5Z"),
        zoned: new Date("2024-01-31T08:00:00Z"),
      },
      { n: 2, x: null, s: "", zip: null, b: null, day: null, at: null, zoned: null },
    ],
  );
});

Deno.test("readCsv() keeps every digit of 64-bit integers, and what is no ISO date as text", async () => {
  deepStrictEqual(await read("id,day\n9007199254740993,01/02/2024\n5,03/04/2024\n"), [
    { id: 9007199254740993n, day: "01/02/2024" },
    { id: 5, day: "03/04/2024" },
  ]);
  deepStrictEqual(await read("day\n01/02/2024\n", { dateFormat: "%d/%m/%Y" }), [{
    day: new Date("2024-02-01T00:00:00Z"),
  }]);
  deepStrictEqual(await read("at\n01/02/2024 10:30\n", { timestampFormat: "%d/%m/%Y %H:%M" }), [
    { at: new Date("2024-02-01T10:30:00Z") },
  ]);
});

Deno.test("readCsv() keeps every digit of integers beyond 64 bits", async () => {
  const [one, other] = ["12345678901234567890", "12345678901234567891"];
  deepStrictEqual(await read(`id,x\n${one},1.5\n${other},2\n7,\n,3\n`), [
    { id: BigInt(one), x: 1.5 },
    { id: BigInt(other), x: 2 },
    { id: 7, x: null },
    { id: null, x: 3 },
  ]);
  deepStrictEqual(await read(`a,b,c\n-${one},${one}${one},0${one}\n`), [
    { a: -BigInt(one), b: `${one}${one}`, c: `0${one}` },
  ]);
  deepStrictEqual(
    await read(`id\n${one}\n`, { types: { id: "DOUBLE" } }),
    [{ id: Number(one) }],
    "what is said counts",
  );
  deepStrictEqual(await read(`x\n${one}\n0.5\n`), [{ x: Number(one) }, { x: 0.5 }], "a measure is a floating number");
  await using folder = await temporaryFolder();
  const paths = ["a", "b"].map((name) => `${folder.path}/${name}.csv`);
  await Deno.writeTextFile(paths[0]!, `n\n1\n`);
  await Deno.writeTextFile(paths[1]!, `id\n${one}\n`);
  deepStrictEqual(await Array.fromAsync(readCsv(paths)), [{ n: 1, id: null }, { n: null, id: BigInt(one) }]);
});

Deno.test("readCsv() takes types that are said, or none", async () => {
  const text = "id,code,big\n1,yes,170141183460469231731687303715884105727\n";
  deepStrictEqual(await read(text, { types: { code: "VARCHAR", id: "DOUBLE", big: "HUGEINT" } }), [
    { id: 1, code: "yes", big: 2n ** 127n - 1n },
  ]);
  deepStrictEqual(await read("id,code\n1,yes\n", { inferTypes: false }), [{ id: "1", code: "yes" }]);
  deepStrictEqual(await read("id,code\n1,yes\n", { inferTypes: false, types: { id: "BIGINT" } }), [{
    id: 1,
    code: "yes",
  }]);
  deepStrictEqual(await read("id\n5\n", { integers: "bigint" }), [{ id: 5n }]);
});

Deno.test("readCsv() takes columns, in the order asked for", async () => {
  deepStrictEqual(await read("a,b,c\n1,2,3\n", { columns: ["c", "a"] }), [{ c: 3, a: 1 }]);
  await rejects(read("a\n1\n", { columns: ['a") FROM x; DROP TABLE y; --'] }), { name: "DataError" });
  await rejects(read("a\n1\n", { columns: [] }), /columns is an empty list/);
});

Deno.test("readCsv() takes rows later than from, up to and with to", async () => {
  const text = "n,at\n1,2024-01-01\n2,2024-01-02\n3,2024-01-03\n4,\n";
  const range = { timeColumn: "at", from: new Date("2024-01-01"), to: new Date("2024-01-03"), columns: ["n"] };
  deepStrictEqual(await read(text, range), [{ n: 2 }, { n: 3 }]);
  deepStrictEqual(await read("n,at\n1,2024-01-01T01:00:00+01:00\n2,2024-01-01T00:00:01Z\n", range), [{ n: 2 }]);
  await rejects(read(text, { timeColumn: "n", to: new Date() }), /timeColumn "n" holds BIGINT, not times/);
  await rejects(read(text, { timeColumn: "zz", to: new Date() }), { name: "DataError" });
  await rejects(read(text, { to: new Date() }), /to needs a timeColumn/);
  await rejects(read(text, { timeColumn: "at", to: new Date(NaN) }), /to is Invalid Date, not a Date/);
  await rejects(read(text, { timeColumn: "at", from: new Date(5), to: new Date(4) }), /from .* is later than to/);
});

Deno.test("readCsv() reads files without a header, of other delimiters, nulls and encodings", async () => {
  deepStrictEqual(await read("1,x\n", { header: false }), [{ column0: 1, column1: "x" }]);
  deepStrictEqual(await read("1,x\n", { header: false, names: ["n", "s"] }), [{ n: 1, s: "x" }]);
  deepStrictEqual(await read("a;b\n1,5;NA\n", { delimiter: ";", nulls: ["NA"] }), [{ a: "1,5", b: null }]);
  deepStrictEqual(await read(Uint8Array.of(97, 10, 0xe9, 10), { encoding: "latin-1" }), [{ a: "é" }]);
  const utf16 = new Uint8Array(Uint16Array.from("a\né\n", (letter) => letter.charCodeAt(0)).buffer);
  deepStrictEqual(await read(utf16, { encoding: "utf-16" }), [{ a: "é" }]);
  deepStrictEqual(await read("\ufeffa,b\r\n1,2\r\n"), [{ a: 1, b: 2 }]);
});

Deno.test("readCsv() gives no rows for an empty file", async () => {
  for (const text of ["", "\n", "a,b", "a,b\n"]) deepStrictEqual(await read(text), []);
});

Deno.test("readCsv() tells the line of a broken file", async () => {
  const cases: [string, RegExp][] = [
    ["a,b\n1,2\n3\n", /CSV Error on Line: 3\nOriginal Line: 3\nExpected Number of Columns: 2 Found: 1$/],
    ["a,b\n1,2\n3,4,5\n", /Line: 3\nOriginal Line: 3,4,5\nExpected Number of Columns: 2 Found: 3$/],
    ['a,b\n1,2\n3,"4\n5,6\n', /Line: 3\n[^]*unterminated quote/],
    ['a,"b\n1,2\n', /the quotes of its first record do not end/],
    [`n\n${"1\n".repeat(30_000)}x\n`, /Line: 30002\n[^]*Could not convert string "x" to 'BIGINT'$/],
  ];
  for (const [text, message] of cases) await rejects(read(text), { name: "DataError", message });
  await rejects(read(Uint8Array.of(97, 10, 0xe9, 10)), { name: "DataError", message: /not utf-8 encoded/ });
  await rejects(read("n\nx\n", { types: { n: "BIGINT" } }), /Could not convert string "x" to 'BIGINT'/);
});

Deno.test("readCsv() reads a line of 10 MB and zero bytes, and refuses lines longer than it may", async () => {
  const long = "x".repeat(10_000_000);
  deepStrictEqual(await read(`a,b\n${long},1\n2,2\n`), [{ a: long, b: 1 }, { a: "2", b: 2 }]);
  deepStrictEqual(await read("a\nx\0y\n"), [{ a: "x\0y" }]);
  await rejects(read(`a\n${"x".repeat(10_000)}\n`, { maxLineBytes: 1_000 }), (error: Error) => {
    ok(error.name === "DataError" && error.message.length < 1_000, error.message);
    return true;
  });
});

Deno.test("readCsv() reads several files, columns matched by name", async () => {
  await using folder = await temporaryFolder();
  const paths = ["1", "2"].map((name) => `${folder.path}/${name}.csv`);
  await Deno.writeTextFile(paths[0]!, "a,b\n1,x\n");
  await Deno.writeTextFile(paths[1]!, "b,c\ny,2\n");
  deepStrictEqual(await Array.fromAsync(readCsv(paths)), [{ a: 1, b: "x", c: null }, { a: null, b: "y", c: 2 }]);
});

Deno.test("readCsv() says what is in the way", async () => {
  await using folder = await temporaryFolder();
  const all = (path: string | string[], options?: ReadCsvOptions) => Array.fromAsync(readCsv(path, options));
  await rejects(all(`${folder.path}/none.csv`), { name: "NotFound", message: /there is no such file/ });
  await rejects(all(folder.path), { name: "DataError", message: /it is a directory, not a CSV file/ });
  await rejects(all([]), /the list of files is empty/);
  await rejects(all("http://localhost/a.csv"), /only files of this machine can be read and written as tables/);
  await rejects(read("a\n1\n", { types: { a: "BIGINT); DROP" as "BIGINT" } }), /types.a: is no type of a column/);
  await rejects(read("a\n1\n", { types: { z: "BIGINT" } }), /"z" do(es)? not exist/);
  await rejects(read("a\n1\n", { delimiter: ",," }), /delimiter/);
  await rejects(read("a\n1\n", { delimiter: '"' }), /delimiter: is a quote/);
  await rejects(read("a\n1\n", { maxLineBytes: 0 }), /maxLineBytes/);
});

Deno.test("readCsv() gives a million rows in order", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/big.csv`;
  {
    using file = await Deno.create(path);
    const writer = file.writable.getWriter();
    const encoder = new TextEncoder();
    await writer.write(encoder.encode("n,text\n"));
    for (let start = 0; start < 1_000_000; start += 10_000) {
      let text = "";
      for (let n = start; n < start + 10_000; n++) text += `${n},row number ${n}\n`;
      await writer.write(encoder.encode(text));
    }
    await writer.close();
  }
  let next = 0;
  for await (const { n, text } of readCsv<{ n: number; text: string }>(path)) {
    if (n !== next || (n % 100_000 === 0 && text !== `row number ${n}`)) break;
    next += 1;
  }
  strictEqual(next, 1_000_000);
});
