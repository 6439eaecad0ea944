import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { customOperations, operationMethod } from "../../../../lib/models/operation.ts";

class Base {
  open() {}
  opBase() {}
}

class Model extends Base {
  opMyOp() {}
  opXx() {}
  opera() {}
  opNumber = 5;
}

class Finer extends Model {
  opFine = () => {};
  override opXx() {}
}

Deno.test("operationMethod() finds opMyOp by my_op, my-op and myOp", () => {
  const model = new Model();
  for (const name of ["my_op", "my-op", "myOp", "MyOp"]) strictEqual(operationMethod(model, name), model.opMyOp, name);
  strictEqual(operationMethod(model, "xx"), model.opXx);
});

Deno.test("operationMethod() finds nothing else", () => {
  const model = new Model();
  for (const name of ["myop", "en", "era", "number", "", "/", "my op", "a/b", "1x", "constructor", "__proto__", "_x"]) {
    strictEqual(operationMethod(model, name), undefined, name);
  }
});

Deno.test("customOperations() lists methods in snake case, each once, without the base's", () => {
  deepStrictEqual(customOperations(new Model(), Base), ["my_op", "xx"]);
  deepStrictEqual(customOperations(new Finer(), Base).sort(), ["fine", "my_op", "xx"]);
});
