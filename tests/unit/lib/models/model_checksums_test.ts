import { strictEqual, throws } from "node:assert/strict";
import { ModelChecksums } from "../../../../lib/models/model_checksums.ts";

const [ONE, OTHER] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`];

Deno.test("ModelChecksums of one text is that of the model, and refuses what lies beside it", () => {
  const checksums = new ModelChecksums("m", ONE);
  strictEqual(String(checksums.of("a.onnx")), ONE);
  throws(() => checksums.beside("a.onnx", "a.data"), {
    name: "ModelError",
    message:
      'Cannot check the files of model "m": its weights lie beside it in "a.data", of which its checksum says nothing. ' +
      'Write checksum: { "a.onnx": "sha256:…", "a.data": "sha256:…" }',
  });
});

Deno.test("ModelChecksums by names says each, and refuses what it does not name", () => {
  const checksums = new ModelChecksums("m", { "a.onnx": ONE, "a.data": OTHER });
  strictEqual(String(checksums.of("a.onnx")), ONE);
  strictEqual(String(checksums.beside("a.onnx", "a.data")), OTHER);
  throws(
    () => checksums.beside("a.onnx", "b.data"),
    /its checksum says nothing of "b\.data", only of a\.onnx, a\.data$/,
  );
  throws(() => checksums.of("b.onnx"), /its checksum says nothing of "b\.onnx"/);
});

Deno.test("ModelChecksums says nothing where nobody does, nor of what was checked with its archive", () => {
  const none = new ModelChecksums("m", undefined);
  strictEqual(none.of("a.onnx") ?? none.beside("a.onnx", "a.data"), undefined);
  const passed = new ModelChecksums("m", ONE);
  passed.passed();
  strictEqual(passed.of("a.onnx") ?? passed.beside("a.onnx", "a.data"), undefined);
  throws(() => new ModelChecksums("m", { "a.onnx": "nonsense" }), /Cannot read checksum "nonsense"/);
});
