import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { customOperations, operationMethod, stepOperation } from "../../../../lib/models/operation.ts";

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

Deno.test("stepOperation() reads a path as an operation, and a model's own address as what it asks for", () => {
  const asked = [
    "/",
    "/infer",
    "infer/",
    "/my/op",
    "/v2/models/m/infer",
    "/v2/models/m",
    "/v2/models/other/infer",
    "/v2/models/%/infer",
  ]
    .map((path) => stepOperation(path, "m"));
  deepStrictEqual(asked, ["", "infer", "infer", "my/op", "infer", "", "v2/models/other/infer", "v2/models/%/infer"]);
  deepStrictEqual(stepOperation("/v2/models/m/versions/v1/predict", "m:v1"), "predict");
});
