/** Models that a function loads from real stores, and answers with. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { type InferRequest, ModelServer, OnnxModel, openItem, serving } from "../../../mod.ts";
import { gzip, tarOf, zipOf } from "../../support/archives.ts";
import type { StoreLab } from "./store_lab.ts";

const MODEL = new URL("../../../notebooks/models/iris_forest.onnx", import.meta.url);
const ROW = [6.9, 3.2, 5.7, 2.3];
const SPEC =
  "kind: model\nspec:\n  model_file: forest.onnx\n  parameters: {scale: 3}\n  extra_data: {notes: notes.txt}\n";

/** A model that tells what was read beside its file. */
class Described extends ModelServer {
  #notes = "";

  override async load(): Promise<void> {
    const { extraData } = await this.getModel(".onnx");
    this.#notes = new TextDecoder().decode(await extraData.notes!.get());
  }

  predict({ inputs }: InferRequest) {
    return inputs.map(() => [this.#notes, this.param("scale")]);
  }
}

/** A model from a store: a file, with its checksum, a directory with a description, archives. */
export async function modelsFrom({ base, options }: StoreLab): Promise<void> {
  const bytes = await Deno.readFile(MODEL);
  const put = (name: string, content: Uint8Array | string) => openItem(`${base}models/${name}`, options).put(content);
  const files = [["iris/model_spec.yaml", SPEC], ["iris/forest.onnx", bytes], ["iris/notes.txt", "by trees"]] as const;
  for (const [name, content] of files) await put(name, content);
  await put("forest.onnx", bytes);
  await put("iris.zip", await zipOf(files));
  await put("iris.tar.gz", await gzip(await tarOf(files)));
  await put("broken.zip", (await zipOf(files)).slice(0, -200));
  const checksum = `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
  await withEnvironment(options, async () => {
    const fn = serving("from-store");
    const router = fn.setTopology("router");
    router.addRoute("file", OnnxModel, { modelPath: `${base}models/forest.onnx`, checksum });
    for (const path of ["iris", "iris.zip", "iris.tar.gz"]) {
      router.addRoute(path.replaceAll(".", "-"), OnnxModel, { modelPath: `${base}models/${path}` });
      router.addRoute(`${path.replaceAll(".", "-")}-described`, Described, { modelPath: `${base}models/${path}` });
    }
    await using server = await fn.toMockServer();
    for (const name of ["file", "iris", "iris-zip", "iris-tar-gz"]) {
      deepStrictEqual((await server.test(`/v2/models/${name}/infer`, { inputs: [ROW] })).outputs, [2], name);
    }
    for (const name of ["iris", "iris-zip", "iris-tar-gz"]) {
      deepStrictEqual((await server.test(`/v2/models/${name}-described/infer`, { inputs: [ROW] })).outputs, [[
        "by trees",
        3,
      ]], name);
    }
    const broken = serving("broken");
    broken.setTopology("router").addRoute("m", OnnxModel, { modelPath: `${base}models/broken.zip` });
    await rejects(
      broken.toMockServer(),
      /Cannot load model "m": Cannot unpack "[a-z0-9]+:\/\/.*\/broken\.zip": it is broken/,
    );
    const other = serving("other");
    other.setTopology("router").addRoute("m", OnnxModel, {
      modelPath: `${base}models/forest.onnx`,
      checksum: `sha256:${"0".repeat(64)}`,
    });
    await rejects(other.toMockServer(), /its sha256 is [0-9a-f]{64}, and it should be 0{64}/);
  });
}

/** Models start from what is kept where their store is away: a file, and a directory. */
export async function survivesOutage(lab: StoreLab & { restart(isUp: boolean): Promise<void> }): Promise<void> {
  const { base, options } = lab;
  await openItem(`${base}outage/forest.onnx`, options).put(await Deno.readFile(MODEL));
  await openItem(`${base}outage/model_spec.yaml`, options).put("spec: {model_file: forest.onnx}");
  await withEnvironment(options, async () => {
    const answer = async () => {
      const fn = serving("outage");
      const router = fn.setTopology("router").addRoute("m", OnnxModel, { modelPath: `${base}outage/forest.onnx` });
      router.addRoute("d", OnnxModel, { modelPath: `${base}outage` });
      await using server = await fn.toMockServer();
      const answers = ["m", "d"].map((name) => server.test(`/v2/models/${name}/infer`, { inputs: [ROW] }));
      return (await Promise.all(answers)).map(({ outputs }) => outputs);
    };
    deepStrictEqual(await answer(), [[2], [2]]);
    await lab.restart(false);
    try {
      deepStrictEqual(await answer(), [[2], [2]]);
    } finally {
      await lab.restart(true);
    }
    strictEqual((await openItem(`${base}outage/forest.onnx`, options).stat()).kind, "file");
  });
}

const NAMES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ENDPOINT_URL",
  "AZURE_STORAGE_CONNECTION_STRING",
  "AZURE_STORAGE_SAS_TOKEN",
  "STORAGE_EMULATOR_HOST",
];

/** Runs with a store's variables in this process's environment, as a function has them, and a cache of its own. */
async function withEnvironment({ environment }: StoreLab["options"], run: () => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "levada-cache-" });
  const before = new Map([...NAMES, "LEVADA_CACHE"].map((name) => [name, Deno.env.get(name)]));
  for (const name of NAMES) {
    const value = environment?.(name);
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
  Deno.env.set("LEVADA_CACHE", cache);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(cache, { recursive: true });
  }
}
