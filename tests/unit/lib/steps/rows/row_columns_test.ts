import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { faultOfColumn, fieldColumns, parseColumn, RowPicker } from "../../../../../lib/steps/rows/row_columns.ts";

function picking(
  columns: string[],
  body: unknown,
  options: { partitions?: string[]; timeField?: string } = {},
): unknown[] {
  const picker = new RowPicker(columns.map(parseColumn), {
    isClosed: false,
    partitions: (options.partitions ?? []).map(parseColumn),
    timeField: options.timeField,
  });
  return picker.pick(new FlowEvent(body, { id: "7", key: "k", time: new Date("2024-02-03T04:05:06Z") }), body);
}

Deno.test("parseColumn() reads fields, other names and parts of the event", () => {
  deepStrictEqual(["a", "b=a", "$key", "who=$key", "a=b=c"].map(parseColumn), [
    { name: "a", from: "a", isPart: false },
    { name: "b", from: "a", isPart: false },
    { name: "key", from: "$key", isPart: true },
    { name: "who", from: "$key", isPart: true },
    { name: "a", from: "b=c", isPart: false },
  ]);
});

Deno.test("faultOfColumn() names what is no column", () => {
  strictEqual(faultOfColumn("a", false), undefined);
  strictEqual(faultOfColumn("$year", true), undefined);
  strictEqual(faultOfColumn("$year", false), `"$year" asks for $year; there are $key, $time, $id`);
  for (const wrong of ["", "=", "a=", "=a", "$toString", "x=$"]) {
    strictEqual(typeof faultOfColumn(wrong, true), "string", wrong);
  }
});

Deno.test("RowPicker.pick() takes fields, parts of the event and parts of its time", () => {
  const body = { a: 1, b: "x", at: "2023-12-31T23:30:00Z" };
  deepStrictEqual(picking(["b", "n=a", "$key", "$id", "t=$time", "none"], body), [
    "x",
    1,
    "k",
    "7",
    new Date("2024-02-03T04:05:06Z"),
    undefined,
  ]);
  const partitions = ["a", "$year", "$month", "$day", "h=$hour", "$key", "none"];
  deepStrictEqual(picking(["b"], body, { partitions }), ["x", "1", "2024", "02", "03", "04", "k", null]);
  deepStrictEqual(picking(["b"], body, { partitions: ["$year", "$hour"], timeField: "at" }), ["x", "2023", "23"]);
  deepStrictEqual(picking(["a", "$key", "b"], [5, 6]), [5, "k", 6]);
});

Deno.test("RowPicker.pick() refuses bodies without fields, and what would be lost", () => {
  for (const body of [null, 5, "text", undefined, new Date(), new Map()]) {
    throws(() => picking(["a"], body), /Cannot write the row: the body is/);
  }
  throws(() => picking(["a"], [1, 2]), /the list has 2 items for 1 columns/);
  throws(
    () => picking(["a"], { a: 1 }, { partitions: ["$year"], timeField: "at" }),
    /Cannot write the row by field "at": its time is undefined/,
  );
  throws(() => picking(["a"], { a: 1, at: "1/2/2024" }, { partitions: ["$year"], timeField: "at" }), /its time is/);
  throws(() => picking(["a"], { a: 1, o: {} }, { partitions: ["o"] }), /"o" names its folder and is neither/);
  const closed = new RowPicker(fieldColumns(["a", "$key"]), { isClosed: true });
  throws(
    () => closed.pick(new FlowEvent(0), { a: 1, extra: 2 }),
    /its field "extra" is no column of a, \$key. Say the columns/,
  );
  deepStrictEqual(closed.pick(new FlowEvent(0), { $key: 5 }), [undefined, 5]);
  const inherited = Object.create({ a: "inherited" });
  deepStrictEqual(picking(["a", "toString"], inherited), [undefined, undefined]);
});
