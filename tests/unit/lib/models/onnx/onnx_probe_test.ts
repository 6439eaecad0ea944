import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openOnnx } from "../../../../../lib/models/onnx/onnx_open.ts";
import { type Probed, probeRows } from "../../../../../lib/models/onnx/onnx_probe.ts";
import type { WarmUp } from "../../../../../lib/models/warm_up.ts";
import { onnxFile } from "../../../../support/onnx_models.ts";

async function probed(file: string, warmUp?: WarmUp): Promise<Probed> {
  await using session = await openOnnx(file);
  return await probeRows(session, session.outputs.map(({ name }) => name), warmUp);
}

Deno.test("probeRows() finds nothing wrong with models whose rows have nothing to do with each other", async () => {
  const trained = ["iris_logreg", "iris_forest"].map((name) => `notebooks/models/${name}.onnx`);
  const files = [...trained, ...["echo", "mlp", "mean", "unsaid", "zip_texts"].map(onnxFile)];
  for (const file of files) {
    deepStrictEqual(await probed(file), { refused: new Map(), unseen: undefined }, file);
  }
});

Deno.test("probeRows() tells outputs that have other rows beside others from those that have none", async () => {
  const refused = async (name: string, warmUp?: WarmUp) =>
    Object.fromEntries((await probed(onnxFile(name), warmUp)).refused);
  const dependent = "answers a row otherwise beside other rows";
  const rowless = "has no row for each row of the inputs";
  deepStrictEqual(await refused("summed"), { y: dependent });
  deepStrictEqual(await refused("summed", [1]), { y: dependent }, "a row beside itself");
  deepStrictEqual(await refused("centred", [1]), { y: dependent }, "rows beside that of warmUp");
  deepStrictEqual(await refused("centred", [1, 2]), { y: dependent });
  deepStrictEqual(await refused("centred", [2, 2]), { y: dependent }, "equal rows show too little");
  deepStrictEqual(await refused("spoken"), { steps: rowless });
  deepStrictEqual(await refused("turned"), { columns: rowless });
  deepStrictEqual(await refused("whole"), { most: rowless });
});

Deno.test("probeRows() tells rows that depend on each other by little, by sign, by place, by number, or beside larger values", async () => {
  for (const name of ["beside_large", "below_zero", "earlier", "later", "counted"]) {
    const { refused, unseen } = await probed(onnxFile(name));
    deepStrictEqual([Object.fromEntries(refused), unseen], [
      { y: "answers a row otherwise beside other rows" },
      undefined,
    ], name);
  }
});

Deno.test("probeRows() is not content with a number of rows that fits by accident: of two rows, or of those in warmUp", async () => {
  const rowless = new Map([["y", "has no row for each row of the inputs"]]);
  deepStrictEqual((await probed(onnxFile("first_two"))).refused, rowless);
  deepStrictEqual((await probed(onnxFile("detections"), [[0, 0, 0.5], [0, 0.9, 0]])).refused, rowless);
});

Deno.test("probeRows() says what it could not see", async () => {
  const { refused, unseen, failure } = await probed(onnxFile("short"));
  deepStrictEqual([refused, failure], [new Map(), undefined]);
  ok(/takes no made-up rows: .*idx=/.test(unseen!), unseen);
  const picky = await probed(onnxFile("picky"));
  ok(/idx=-5/.test(picky.failure!), picky.failure);
  ok(
    /takes no made-up rows: .*idx=/.test((await probed(onnxFile("picky"), [6])).unseen!),
    "a row beside itself shows little",
  );
  deepStrictEqual(await probed(onnxFile("picky"), [6, 7]), { refused: new Map() });
  strictEqual((await probed(onnxFile("no_number"))).unseen, "it answers what is no number (NaN): y");
  strictEqual((await probed(onnxFile("noisy"))).unseen, "it answers the same otherwise each time: y");
});
