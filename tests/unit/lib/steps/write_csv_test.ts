import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { writeCsv, type WriteCsvOptions } from "../../../../lib/steps/write_csv.ts";
import { readCsv } from "../../../../lib/stores/read_csv.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";
import { writeRows } from "../../../support/write_rows.ts";

Deno.test("writeCsv() writes a header and the fields of the first row, and passes each event on", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/new/rows.csv`;
  const rows = [{ b: 1, a: "x" }, { a: null }, { a: "y,z", b: 2.5 }];
  const { written, errors } = await writeRows(writeCsv({ path }), rows);
  deepStrictEqual([written, errors], [rows, []]);
  strictEqual(await Deno.readTextFile(path), 'b,a\n1,x\n,\n2.5,"y,z"\n');
});

Deno.test("writeCsv() appends to a file by its own columns, with one header", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await writeRows(writeCsv({ path }), [{ a: 1, b: 2 }]);
  await writeRows(writeCsv({ path }), [{ b: 4, a: 3 }]);
  await writeRows(writeCsv({ path: new URL(`file://${path}`), columns: ["a", "b"] }), [{ b: 6, a: 5, c: 7 }]);
  strictEqual(await Deno.readTextFile(path), "a,b\n1,2\n3,4\n5,6\n");
});

Deno.test("writeCsv() writes columns by name and parts of the event, and items of lists in order", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const graph = new Graph<unknown>("g");
  graph.to("write", writeCsv({ path, columns: ["who=user", "$key", "t=$time", "$id"], header: false, delimiter: ";" }));
  const flow = await runGraph(graph);
  await flow.emit({ user: "ana" }, { key: "k", time: new Date(0), id: "1" });
  await flow.emit(["rui"], { time: new Date(0), id: "2" });
  await flow.close();
  strictEqual(await Deno.readTextFile(path), "ana;k;1970-01-01T00:00:00.000Z;1\nrui;;1970-01-01T00:00:00.000Z;2\n");
});

Deno.test("writeCsv() writes the part of the body that inputPath names, and the body with fullEvent", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const graph = new Graph<{ row: { a: number } }>("g");
  graph.to("part", writeCsv<{ row: { a: number } }>({ path, maxEvents: 1 }), { inputPath: "row" })
    .to("whole", writeCsv<{ row: { a: number } }>({ path: `${path}.2`, maxEvents: 1 }), { fullEvent: true })
    .respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ row: { a: 1 } }), { row: { a: 1 } });
  strictEqual(await Deno.readTextFile(path), "a\n1\n");
  strictEqual(await Deno.readTextFile(`${path}.2`), 'row\n"{""a"":1}"\n');
});

Deno.test("writeCsv() and readCsv() keep every value that has a type in CSV", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const row = {
    whole: 5,
    big: 9007199254740993n,
    x: 0.1 + 0.2,
    nan: NaN,
    yes: true,
    text: 'say "é\u{1f600}",\n\r\n',
    empty: "",
    no: null,
    at: new Date("2024-02-29T12:34:56.789Z"),
    bytes: Uint8Array.of(0, 34, 44, 255),
    nested: { list: [1, { deep: "x,y" }], big: 9007199254740993n },
  };
  const { errors } = await writeRows(writeCsv({ path }), [row, { ...row, text: "  ", empty: "a" }]);
  deepStrictEqual(errors, []);
  const rows = await Array.fromAsync(readCsv(path, { types: { bytes: "BLOB" } }));
  const nested = '{"list":[1,{"deep":"x,y"}],"big":9007199254740993}';
  deepStrictEqual(rows, [{ ...row, nested }, { ...row, nested, text: "  ", empty: "a" }]);
});

Deno.test("writeCsv() and readCsv() keep a column that is often null", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const rows = [{ n: null }, { n: 1 }, { n: null }, { n: 2 }, { n: null }];
  await writeRows(writeCsv({ path }), rows);
  deepStrictEqual(await Array.fromAsync(readCsv(path)), rows);
});

Deno.test("writeCsv() fails the event of which it can make no row, and no other", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const bad = [5, null, "text", [1], { a: 1, extra: 2 }, { a: () => 1 }, { a: { n: NaN } }, { a: new Date(NaN) }, {
    a: "\ud800",
  }];
  const { written, errors } = await writeRows(writeCsv({ path }), [{}, { a: 1 }, ...bad, { a: 2 }]);
  deepStrictEqual([written, errors.length], [[{ a: 1 }, { a: 2 }], 1 + bad.length]);
  strictEqual(await Deno.readTextFile(path), "a\n1\n2\n");
});

Deno.test("writeCsv() leaves a file of other columns alone", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(path, "a,b\n1,2\n");
  await rejects(
    writeRows(writeCsv({ path, columns: ["b", "a"] }), []),
    (error: Error) =>
      error.message.includes(`Cannot append to "${path}": its columns are a, b, and those to write are b, a`),
  );
  const graph = new Graph<object>("g");
  graph.to("write", writeCsv({ path: `${path}.later` })).respond();
  await using flow = await runGraph(graph);
  await Deno.writeTextFile(`${path}.later`, "x\n1\n"); // somebody is faster than the first row
  const asked = flow.ask({ a: 1 });
  await flow.close();
  await rejects(asked, /Step "write" failed: Cannot append to ".*": its columns are x, and those to write are a/);
  strictEqual(await Deno.readTextFile(`${path}.later`), "x\n1\n");
});

Deno.test({
  name: "writeCsv() fails its events where the disk is full, and tells why",
  ignore: Deno.build.os !== "linux", // nothing else has a device that is always full
  async fn() {
    const { written, errors } = await writeRows(writeCsv({ path: "/dev/full", columns: ["a"] }), [{ a: 1 }, { a: 2 }]);
    deepStrictEqual(written, []);
    deepStrictEqual(errors.length, 2);
    match(errors[0]!, /^error: Step "write" failed: Cannot append to "\/dev\/full": .*No space left/);
  },
});

Deno.test("writeCsv() does not open where there can be no file", async () => {
  await using folder = await temporaryFolder();
  await rejects(writeRows(writeCsv({ path: folder.path }), [{ a: 1 }]), /step "write": .*it is a directory/);
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await rejects(
    writeRows(writeCsv({ path: `${folder.path}/file/rows.csv` }), [{ a: 1 }]),
    /step "write": .*[Nn]ot a directory/,
  );
});

Deno.test("writeCsv() shares a file with another writer: one header, whole records", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  const rows = (from: number) => Array.from({ length: 500 }, (_, n) => ({ n: from + n, text: "x".repeat(n) }));
  await Promise.all([0, 1_000].map((from) => writeRows(writeCsv({ path, maxEvents: 7 }), rows(from))));
  const read = await Array.fromAsync(readCsv<{ n: number; text: string }>(path));
  deepStrictEqual(
    read.map(({ n }) => n).sort((one, other) => one - other),
    [...rows(0), ...rows(1_000)].map(({ n }) => n),
  );
  deepStrictEqual(read.filter(({ n, text }) => (text ?? "").length !== n % 1_000), []);
});

Deno.test("writeCsv() refuses options, when the graph is compiled", () => {
  const wrong: [object, RegExp][] = [
    [{ path: "" }, /option path/],
    [{ path: "s3://bucket/x.csv" }, /option path: is no file of this machine/],
    [{ path: "x", columns: [] }, /option columns/],
    [{ path: "x", columns: ["a", "A"] }, /option columns: "A" is there twice/],
    [{ path: "x", columns: ["$year"] }, /asks for \$year; there are/],
    [{ path: "x", header: false }, /option columns: is missing, and without a header/],
    [{ path: "x", delimiter: '"' }, /option delimiter/],
    [{ path: "x", maxEvents: 0 }, /option maxEvents/],
    [{ path: "x", flushAfterMs: -1 }, /option flushAfterMs/],
    [{ path: "x", colums: ["a"] }, /colums/],
  ];
  for (const [options, message] of wrong) {
    const graph = new Graph<unknown>("g");
    graph.to("write", writeCsv(options as WriteCsvOptions));
    throws(() => compile(sourceOf(graph)), message, JSON.stringify(options));
  }
});
