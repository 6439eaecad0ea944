import { deepStrictEqual } from "node:assert/strict";
import { inferRequest, namedRowsRequest, rowsRequest } from "../../../../../lib/serve/openapi/tensors.ts";

const AGE = { name: "age", datatype: "INT8", shape: [-1] };
const TEXT = { name: "text", datatype: "BYTES", shape: ["batch", 2, -1] };

// deno-lint-ignore no-explicit-any -- a schema is looked into by its keys
function at(schema: unknown, ...keys: (string | number)[]): any {
  return keys.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)?.[key], schema);
}

Deno.test("rowsRequest() has rows of what one input takes, without the dimension of rows", () => {
  deepStrictEqual(at(rowsRequest([AGE]), "properties", "inputs", "items"), {
    type: "integer",
    minimum: -128,
    maximum: 127,
  });
  deepStrictEqual(at(rowsRequest([TEXT]), "properties", "inputs", "items"), {
    type: "array",
    items: { type: "array", items: { type: "string" } },
    minItems: 2,
    maxItems: 2,
  });
});

Deno.test("rowsRequest() has objects for several inputs, and anything where nothing is known", () => {
  const rows = at(rowsRequest([AGE, TEXT]), "properties", "inputs", "items");
  deepStrictEqual([rows.required, rows.additionalProperties], [["age", "text"], false]);
  deepStrictEqual(at(rowsRequest([]), "properties", "inputs", "items"), {});
  deepStrictEqual(at(rowsRequest([{ ...AGE, shape: [] }]), "properties", "inputs", "items"), {});
});

Deno.test("namedRowsRequest() has one row, or a list", () => {
  const [one, list] = at(namedRowsRequest([AGE]), "properties", "inputs", "anyOf");
  deepStrictEqual([one.required, list.items], [["age"], one]);
});

Deno.test("inferRequest() has each tensor by its name, its datatype, and the sizes that are fixed", () => {
  const schema = inferRequest({ platform: "x", inputs: [AGE, TEXT], outputs: [{ ...AGE, name: "y" }] });
  const tensors = at(schema, "anyOf", 1);
  deepStrictEqual([at(tensors, "properties", "inputs", "minItems"), at(tensors, "properties", "inputs", "maxItems")], [
    2,
    2,
  ]);
  const [age, text] = at(tensors, "properties", "inputs", "items", "anyOf");
  deepStrictEqual([age.properties.name, age.properties.datatype], [{ const: "age" }, { const: "INT8" }]);
  deepStrictEqual(text.properties.shape.prefixItems, [
    { type: "integer", minimum: 0 },
    { const: 2 },
    { type: "integer", minimum: 0 },
  ]);
  deepStrictEqual(at(tensors, "properties", "outputs", "items", "properties", "name"), { enum: ["y"] });
});

Deno.test("inferRequest() of a model that says nothing has any tensors", () => {
  const schema = inferRequest({ platform: "levada", inputs: [], outputs: [] });
  deepStrictEqual(at(schema, "anyOf", 1, "properties", "inputs", "minItems"), 1);
});

Deno.test("rowsRequest() has the values of each datatype", () => {
  const valueOf = (datatype: string) =>
    at(rowsRequest([{ name: "x", datatype, shape: [-1] }]), "properties", "inputs", "items");
  deepStrictEqual(valueOf("UINT16"), { type: "integer", minimum: 0, maximum: 65_535 });
  deepStrictEqual([valueOf("INT64"), valueOf("UINT64")], [{ type: "integer" }, { type: "integer", minimum: 0 }]);
  deepStrictEqual([valueOf("BOOL"), valueOf("BF16"), valueOf("FP64")], [
    { type: "boolean" },
    { type: "number" },
    { type: "number" },
  ]);
  deepStrictEqual(valueOf("OTHER"), {});
});
