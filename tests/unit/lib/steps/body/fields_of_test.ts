import { strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { fieldOf, fieldsOf } from "../../../../../lib/steps/body/fields_of.ts";

Deno.test("fieldsOf() gives the fields of a body, also of an event's", () => {
  const body = { a: 1 };
  strictEqual(fieldsOf(body, "read the body"), body);
  strictEqual(fieldsOf(new FlowEvent(body), "read the body"), body);
  class Row {
    readonly n = 1;
  }
  strictEqual(fieldsOf(new Row(), "read the body").n, 1);
  strictEqual(fieldsOf(Object.assign(Object.create(null), { n: 2 }), "read the body").n, 2);
});

Deno.test("fieldsOf() refuses what has no fields, and says what it is", () => {
  for (
    const [body, kind] of [[null, "null"], [undefined, "undefined"], [[1], "a list"], ["text", "string"], [5, "number"]]
  ) {
    throws(
      () => fieldsOf(body, "read the body"),
      new RegExp(`Cannot read the body: the body is ${kind}, not an object`),
    );
  }
  for (
    const [body, kind] of [[new Map(), "a Map"], [new Date(), "a Date"], [new ArrayBuffer(1), "an ArrayBuffer"], [
      new Uint8Array(1),
      "a Uint8Array",
    ]]
  ) {
    throws(
      () => fieldsOf(body, "read the body"),
      new RegExp(`Cannot read the body: the body is ${kind}, not an object`),
    );
  }
  throws(() => fieldsOf(new FlowEvent(null), "read the body"), /the body is null/);
});

Deno.test("fieldsOf() takes a class's instance by what it is called, not a plain object by its fields", () => {
  class Wide {
    readonly [Symbol.toStringTag] = "Matrix";
  }
  throws(() => fieldsOf(new Wide(), "read the body"), /the body is a Matrix, not an object/);
  strictEqual(fieldsOf({ [Symbol.toStringTag]: "Matrix", n: 1 }, "read the body").n, 1);
});

Deno.test("fieldOf() gives a body's own fields only", () => {
  strictEqual(fieldOf({ a: 1 }, "a"), 1);
  for (const name of ["constructor", "toString", "__proto__"]) strictEqual(fieldOf({}, name), undefined);
});
