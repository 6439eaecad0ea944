import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askForAdapter, chooseBackend, reasonAgainst } from "../../../../../lib/models/onnx/onnx_backend.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));

/** Runs code beside `lib/models/onnx/onnx_backend.ts`, in a process that may do this; gives what it wrote. */
async function run(code: string, ...flags: string[]): Promise<{ out: string; err: string }> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  const backend = new URL("../../../../../lib/models/onnx/onnx_backend.ts", import.meta.url);
  await Deno.writeTextFile(module, `import * as backend from ${JSON.stringify(backend.href)};\n${code}`);
  const { XDG_RUNTIME_DIR: _, ...env } = Deno.env.toObject();
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--config=${ROOT}deno.json`,
      `--lock=${ROOT}deno.lock`,
      ...flags,
      module,
    ],
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
  }).output();
  return { out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("chooseBackend() starts no drivers where Deno may not look for a card, and says so", async () => {
  const code = "console.log((await backend.chooseBackend({ asked: undefined, classical: [] })).reason);";
  deepStrictEqual(await run(code, `--allow-read=${ROOT}`, "--allow-ffi"), {
    out: "no WebGPU: Deno may not look for a card (--allow-read=/dev/dri)\n",
    err: "",
  });
});

Deno.test("findAdapter() has drivers write nothing where no session has a folder, and leaves the environment as it was", async () => {
  const code = "await backend.findAdapter(); console.log(Deno.env.get('XDG_RUNTIME_DIR'));";
  deepStrictEqual(await run(code, "-A"), { out: "undefined\n", err: "" });
});

Deno.test("askForAdapter() tells a card from a program that plays one", async () => {
  const door = (info: object | undefined) => ({
    requestAdapter: () => Promise.resolve(info === undefined ? null : { info }),
  });
  deepStrictEqual(await askForAdapter(door({ vendor: "nvidia", description: "NVIDIA H100" })), {
    kind: "card",
    name: "NVIDIA H100",
  });
  deepStrictEqual(await askForAdapter(door({ description: "Some card", isFallbackAdapter: true })), {
    kind: "software",
    name: "Some card",
  });
  for (
    const description of ["llvmpipe (LLVM 15.0.6, 256 bits)", "SwiftShader Device", "Microsoft Basic Render Driver"]
  ) {
    strictEqual((await askForAdapter(door({ description }))).kind, "software", description);
  }
  for (const gpu of [undefined, door(undefined), { requestAdapter: () => Promise.reject(new Error("no driver")) }]) {
    deepStrictEqual(await askForAdapter(gpu), { kind: "none", name: "" });
  }
});

Deno.test("reasonAgainst() lets only neural models go to a card", () => {
  strictEqual(reasonAgainst({ kind: "card", name: "a" }, []), undefined);
  strictEqual(reasonAgainst({ kind: "card", name: "a" }, ["ZipMap"]), "it lacks the operators of ai.onnx.ml (ZipMap)");
  strictEqual(reasonAgainst({ kind: "software", name: "llvmpipe" }, []), "the adapter is a program (llvmpipe)");
  strictEqual(reasonAgainst({ kind: "none", name: "" }, []), "there is no adapter");
});

Deno.test("chooseBackend() takes what is asked for, else says why not WebGPU", async () => {
  const forced = await chooseBackend({ asked: "wasm", classical: [] });
  deepStrictEqual([forced.backend, forced.reason], ["wasm", "it was asked for"]);
  const failed = new Map([["webgpu", "it cannot run the model: no such operator"]] as const);
  const open = await chooseBackend({ asked: undefined, classical: [], failed });
  deepStrictEqual([open.backend, open.reason], ["native", "no WebGPU: it cannot run the model: no such operator"]);
  const classical = await chooseBackend({ asked: undefined, classical: ["LinearClassifier"] });
  strictEqual(classical.backend, "native");
  match(classical.reason, /^no WebGPU: /);
});

Deno.test("chooseBackend() refuses WebGPU for classical models, and what is no backend", async () => {
  await rejects(chooseBackend({ asked: "webgpu", classical: ["TreeEnsembleClassifier"] }), {
    name: "ModelError",
    message: /^its operators TreeEnsembleClassifier are of ai\.onnx\.ml, which the WebGPU runtime lacks: leave/,
  });
  await rejects(chooseBackend({ asked: "cuda" as "native", classical: [] }), {
    name: "ModelError",
    message: 'there is no backend "cuda", there are webgpu, native, wasm',
  });
});
