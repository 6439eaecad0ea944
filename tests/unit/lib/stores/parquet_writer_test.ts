import { deepStrictEqual, rejects } from "node:assert/strict";
import { ParquetWriter } from "../../../../lib/stores/parquet_writer.ts";
import { readParquet } from "../../../../lib/stores/read_parquet.ts";
import { RowSchema } from "../../../../lib/stores/row_schema.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("ParquetWriter.write() keeps the rows of one file that it wrote before", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.parquet`;
  const schema = new RowSchema(["a", "b"], new Map());
  const writer = await ParquetWriter.open({ path, partitions: [] });
  await writer.write(schema, [schema.take([1, null])]);
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ a: 1, b: null }]);
  await writer.write(schema, [schema.take([2, "x"])]);
  await writer.close();
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ a: 1, b: null }, { a: 2, b: "x" }]);
});

Deno.test("ParquetWriter.write() leaves no part of a piece when one of its folders cannot be made", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/data`;
  const schema = new RowSchema(["n", "p"], new Map([["p", "VARCHAR"]]));
  const writer = await ParquetWriter.open({ path, partitions: ["p"] });
  await writer.write(schema, [schema.take([0, "a"])]);
  await Deno.writeTextFile(`${path}/p=m`, "in the way");
  const rows = ["a", "b", "m", "z"].map((part, n) => schema.take([n, part]));
  await rejects(writer.write(schema, rows), { name: "DataError", message: /^Cannot write Parquet to "/ });
  await writer.close();
  await Deno.remove(`${path}/p=m`);
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ n: 0, p: "a" }]);
  deepStrictEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["data"]);
});
