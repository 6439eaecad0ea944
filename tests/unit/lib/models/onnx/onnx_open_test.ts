import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { openOnnx } from "../../../../../lib/models/onnx/onnx_open.ts";
import { onnxFile, startWasm } from "../../../../support/onnx_models.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

await startWasm();

Deno.test("openOnnx() tells what runs a model, and why", async () => {
  await using open = await openOnnx(onnxFile("mlp"));
  strictEqual(["native", "webgpu"].includes(open.backend), true);
  match(open.reason, open.backend === "native" ? /^no WebGPU: / : /^there is a card: /);
  await using wasm = await openOnnx(onnxFile("mlp"), { backend: "wasm" });
  deepStrictEqual([wasm.backend, wasm.reason], ["wasm", "it was asked for"]);
});

Deno.test("openOnnx() goes to WebAssembly where native code may not be loaded, and says why", async () => {
  const root = new URL("../../../../../", import.meta.url).pathname;
  const code = `import { openOnnx } from "${root}lib/models/onnx/onnx_open.ts";
    await using model = await openOnnx(${JSON.stringify(onnxFile("mean"))});
    console.log(JSON.stringify([model.backend, model.reason, await model.predict([[1, 3]])]));`;
  await using folder = await temporaryFolder();
  const program = `${folder.path}/program.ts`;
  await Deno.writeTextFile(program, code);
  const configuration = ["--config", `${root}deno.json`, "--lock", `${root}deno.lock`, "--no-prompt"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...configuration, "--allow-read", "--allow-env", program],
  }).output();
  const text = new TextDecoder();
  const [backend, reason, answers] = JSON.parse(text.decode(stdout) || JSON.stringify([text.decode(stderr)]));
  deepStrictEqual([backend, answers], ["wasm", [2]]);
  match(reason, /^no WebGPU: .*; Cannot load the native runtime: .*--allow-ffi/s);
});

Deno.test("openOnnx() refuses WebGPU for a classical model, naming its operators", async () => {
  await rejects(openOnnx(onnxFile("zip_texts"), { backend: "webgpu" }), {
    name: "ModelError",
    message: /zip_texts\.onnx" as ONNX: its operators LinearClassifier, Normalizer, ZipMap are of ai\.onnx\.ml/,
  });
});

for (const backend of ["native", "wasm"] as const) {
  Deno.test(`openOnnx() tells why a file is no model: ${backend}`, async () => {
    await using folder = await temporaryFolder();
    const at = (name: string) => `${folder.path}/${name}`;
    await Deno.writeFile(at("empty.onnx"), new Uint8Array());
    await Deno.writeTextFile(at("text.onnx"), "not a model at all");
    const whole = await Deno.readFile(onnxFile("zip_numbers"));
    await Deno.writeFile(at("half.onnx"), whole.subarray(0, whole.length / 2));
    await Deno.writeFile(at("garbage.onnx"), whole.map((byte, index) => index > 100 && index < 200 ? 0xff : byte));
    for (
      const [file, message] of [
        ["none.onnx", /none\.onnx": there is no such file/],
        ["empty.onnx", /it is empty/],
        ["", /it is a directory/],
        ["text.onnx", /text\.onnx" as ONNX: its 18 bytes are no ONNX model: /],
        ["half.onnx", /half\.onnx" as ONNX: its \d+ bytes are no ONNX model: a field says/],
        ["garbage.onnx", /garbage\.onnx" as ONNX: /],
      ] as const
    ) await rejects(openOnnx(at(file), { backend }), { name: "ModelError", message });
  });

  Deno.test(`openOnnx() lets no weights be read from outside the model's folder, and tells which are missing: ${backend}`, async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/outside.onnx`;
    const text = new TextDecoder("latin1").decode(await Deno.readFile(onnxFile("outside")));
    for (
      const [location, message] of [
        ["outside.bin", /its weights lie in "outside\.bin", which cannot be read/],
        ["/etc/passwd", /its weights lie in "\/etc\/passwd", which is outside its folder/],
        ["../t/ab.bin", /its weights lie in "\.\.\/t\/ab\.bin", which is outside its folder/],
      ] as const
    ) {
      const changed = text.replaceAll("outside.bin", location.padEnd(11, "/"));
      await Deno.writeFile(file, Uint8Array.from(changed, (letter) => letter.charCodeAt(0)));
      await rejects(openOnnx(file, { backend }), { name: "ModelError", message });
    }
  });
}
