import { deepStrictEqual } from "node:assert/strict";
import type { Context } from "../../../../lib/graph/context.ts";
import { declaredSignature } from "../../../../lib/graph/signature.ts";
import { ModelServer } from "../../../../lib/models/model_server.ts";

const ROWS = { name: "rows", datatype: "FP32", shape: ["batch", 4] };
const LABEL = { name: "label", datatype: "INT64", shape: [-1] };

class Base extends ModelServer {
  static readonly inputs: unknown = [ROWS];
  predict() {
    return [];
  }
}

class Derived extends Base {
  static readonly outputs = [LABEL];
}

Deno.test("declaredSignature() reads static fields, inherited ones too, and arguments before them", () => {
  deepStrictEqual(declaredSignature(Derived, {}), { inputs: [ROWS], outputs: [LABEL] });
  deepStrictEqual(declaredSignature(Derived, { inputs: [LABEL] }), { inputs: [LABEL], outputs: [LABEL] });
  deepStrictEqual(declaredSignature(() => 1, {}), {});
});

Deno.test("declaredSignature() takes only what has the form of a tensor's declaration", () => {
  for (const inputs of [5, "rows", [], [1], [{ name: "x" }], [{ ...ROWS, shape: [1.5] }], [ROWS, null]]) {
    deepStrictEqual(declaredSignature(() => 1, { inputs }), {});
  }
});

Deno.test("ModelServer.signature() tells what the class declares; a dimension with a name is free", () => {
  const model = new Derived({}, { step: "m" } as Context);
  deepStrictEqual(model.signature(), { inputs: [{ ...ROWS, shape: [-1, 4] }], outputs: [LABEL] });
});
