import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DataError } from "../../../../lib/errors.ts";
import { dataError, isRowFault } from "../../../../lib/stores/data_error.ts";

Deno.test("dataError() keeps DuckDB's state and leaves its hints out", () => {
  const told = new Error(
    "CSV Error on Line: 3\nOriginal Line: 3\nFound: 1\nPossible fixes:\n* Disable\n\n  file = /x\n",
  );
  const error = dataError(`read "x"`, told);
  strictEqual(error.message, `Cannot read "x": CSV Error on Line: 3\nOriginal Line: 3\nFound: 1`);
  deepStrictEqual([error.name, error.cause], ["DataError", told]);
  strictEqual(dataError("read it", error), error);
});

Deno.test("dataError() cuts what is too long to read", () => {
  strictEqual(dataError("read it", new Error("x".repeat(10_000_000))).message.length, "Cannot read it: ".length + 601);
});

Deno.test("isRowFault() tells a row that does not fit from a place that cannot be written", () => {
  const faults = ["Constraint Error: NOT NULL", "Conversion Error: x", "IO Error: disk full", "x Constraint Error"];
  deepStrictEqual(faults.map((text) => isRowFault(dataError("write", new Error(text)))), [true, true, false, false]);
  strictEqual(isRowFault(new DataError("Cannot write: it is")), false);
});
