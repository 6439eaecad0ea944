import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { askForAdapter, chooseBackend, reasonAgainst } from "../../../../../lib/models/onnx/onnx_backend.ts";

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
