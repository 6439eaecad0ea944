import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { findModel, type ModelFileQuery, type ModelFiles } from "../../../../lib/models/model_file.ts";
import { openItem } from "../../../../lib/stores/data_item.ts";
import { gzip, tarOf, zipOf } from "../../../support/archives.ts";
import { serveLoopback } from "../../../support/loopback.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const SPEC = `kind: model
metadata:
  key: iris
  tag: latest
  labels: {framework: sklearn}
spec:
  model_file: best.onnx
  parameters: {threshold: 0.5, name: iris}
  inputs: [{name: sepal, value_type: float}]
  outputs: [{name: species, value_type: int}]
  feature_vector: store://feature-vectors/p/v
  extra_data: {notes: notes.txt, chart: "s3://bucket/chart", odd: "hdfs://x/y", none: null}
`;

async function withFiles(names: readonly string[], use: (folder: string) => Promise<void>): Promise<void> {
  await withTexts(Object.fromEntries(names.map((name) => [name, "model"])), use);
}

async function withTexts(
  texts: Record<string, string | Uint8Array>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  for (const [name, text] of Object.entries(texts)) {
    await Deno.mkdir(`${folder.path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    if (!name.endsWith("/")) await Deno.writeFile(`${folder.path}/${name}`, bytes);
  }
  await use(folder.path);
}

/** Finds `.onnx`, with a cache of its own. */
async function find(folder: string, modelPath: string, query: Partial<ModelFileQuery> = {}): Promise<ModelFiles> {
  const item = { backoffMs: 1, retries: 0, environment: () => undefined };
  return await findModel("m", { modelPath, suffix: ".onnx", cache: { folder: `${folder}/.cache`, item }, ...query });
}

async function textAt(path: string): Promise<string> {
  return await Deno.readTextFile(path);
}

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

const FOUND: readonly (readonly [title: string, files: string[], modelPath: string, found: string])[] = [
  ["the file itself", ["iris.onnx"], "iris.onnx", "iris.onnx"],
  ["a file with another ending", ["iris.bin"], "iris.bin", "iris.bin"],
  ["a path without its ending", ["iris.onnx"], "iris", "iris.onnx"],
  ["a path that looks like a directory", ["iris.onnx"], "iris/", "iris.onnx"],
  ["the only one in a directory", ["iris/best.onnx", "iris/notes.txt"], "iris/", "iris/best.onnx"],
  ["of several the one named like the directory", ["iris/a.onnx", "iris/iris.onnx"], "iris", "iris/iris.onnx"],
  ["of several the one named model", ["iris/a.onnx", "iris/model.onnx"], "iris", "iris/model.onnx"],
];

for (const [title, files, modelPath, found] of FOUND) {
  Deno.test(`findModel() finds ${title}`, () =>
    withFiles(files, async (folder) => {
      strictEqual((await find(folder, `${folder}/${modelPath}`)).file, `${folder}/${found}`);
    }));
}

const MISSED: readonly (readonly [title: string, files: string[], modelPath: string, message: RegExp])[] = [
  ["both places it tried", [], "iris", /model "m": there is no ".*\/iris" nor ".*\/iris\.onnx"/],
  [
    "what a directory holds instead",
    ["iris/a.pkl", "iris/sub/"],
    "iris",
    /needs one \.onnx file, there is a\.pkl, sub\//,
  ],
  ["that a directory is empty", ["iris/"], "iris", /needs one \.onnx file, there is nothing/],
  ["which there are to choose from", ["iris/a.onnx", "iris/b.onnx"], "iris", /there is a\.onnx, b\.onnx/],
];

for (const [title, files, modelPath, message] of MISSED) {
  Deno.test(`findModel() tells ${title}`, () =>
    withFiles(files, async (folder) => {
      await rejects(find(folder, `${folder}/${modelPath}`), { name: "ModelError", message });
    }));
}

Deno.test("findModel() takes a file URL, whatever names lie there", () =>
  withTexts({ "iris 100%/a#1?.onnx": "a", "iris 100%/b": "b" }, async (folder) => {
    const { file, extraData } = await find(folder, String(pathToFileURL(`${folder}/iris 100%`)));
    strictEqual(file, `${folder}/iris 100%/a#1?.onnx`);
    strictEqual(extraData.b!.uri, `${folder}/iris 100%/b`);
  }));

Deno.test("findModel() takes listed names for names, whatever they look like", () =>
  withTexts({ "iris/s3:model.onnx": "a", "iris/file:x": "b" }, async (folder) => {
    const { file, extraData } = await find(folder, `${folder}/iris`);
    strictEqual(file, `${folder}/iris/s3:model.onnx`);
    strictEqual(extraData["file:x"]!.uri, `${folder}/iris/file:x`);
  }));

Deno.test("findModel() tells that there is no modelPath", async () => {
  for (const modelPath of [undefined, ""]) {
    await rejects(findModel("m", { modelPath, suffix: ".onnx" }), /model "m": it has no modelPath/);
  }
});

Deno.test("findModel() tells which stores there are", async () => {
  await rejects(findModel("m", { modelPath: "ftp://bucket/iris", suffix: ".onnx" }), /no store for ftp:/);
});

Deno.test("findModel() gives the other files of a directory as extra data", () =>
  withTexts({ "iris/a.onnx": "a", "iris/notes.txt": "notes", "iris/sub/": "" }, async (folder) => {
    const { extraData, spec } = await find(folder, `${folder}/iris`);
    deepStrictEqual(Object.keys(extraData), ["notes.txt"]);
    strictEqual(new TextDecoder().decode(await extraData["notes.txt"]!.get()), "notes");
    deepStrictEqual(spec, {});
  }));

Deno.test("findModel() reads model_spec.yaml, beside the model or as the path itself", () =>
  withTexts(
    { "iris/model_spec.yaml": SPEC, "iris/best.onnx": "b", "iris/other.onnx": "o", "iris/notes.txt": "notes" },
    async (folder) => {
      const warned: string[] = [];
      const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) };
      for (const path of ["iris", "iris/model_spec.yaml"]) {
        const { file, extraData, spec } = await find(folder, `${folder}/${path}`, { log });
        strictEqual(file, `${folder}/iris/best.onnx`);
        deepStrictEqual(Object.keys(extraData), ["notes", "chart"]);
        strictEqual(extraData.notes!.uri, `${folder}/iris/notes.txt`);
        strictEqual(extraData.chart!.uri, "s3://bucket/chart");
        deepStrictEqual([spec.parameters, spec.labels], [{ threshold: 0.5, name: "iris" }, { framework: "sklearn" }]);
        deepStrictEqual([spec.inputs, spec.outputs], [[{ name: "sepal", value_type: "float" }], [{
          name: "species",
          value_type: "int",
        }]]);
        strictEqual(spec.feature_vector, "store://feature-vectors/p/v");
      }
      strictEqual(warned[0]!.startsWith('model "m": extra_data "odd" is left out: Cannot open "hdfs://x/y"'), true);
    },
  ));

Deno.test("findModel() chooses a file by its ending where the description names none", () =>
  withTexts({ "iris/model_spec.yaml": "spec: {parameters: {a: 1}}", "iris/best.onnx": "b" }, async (folder) => {
    const { file, spec } = await find(folder, `${folder}/iris`);
    deepStrictEqual([file, spec], [`${folder}/iris/best.onnx`, { parameters: { a: 1 } }]);
  }));

Deno.test("findModel() checks what the description says the file must hash to", async () => {
  const [good, bad] = [sha256("b").slice(7), "0".repeat(64)];
  for (const hash of [good, "not a hash", bad]) {
    await withTexts({
      "iris/model_spec.yaml": `metadata: {hash: "${hash}"}\nspec: {model_file: a.onnx}`,
      "iris/a.onnx": "b",
    }, async (folder) => {
      if (hash !== bad) return strictEqual((await find(folder, `${folder}/iris`)).file, `${folder}/iris/a.onnx`);
      await rejects(find(folder, `${folder}/iris`), {
        name: "StoreError",
        reason: "broken",
        message: /its sha256 is [0-9a-f]+, and it should be 0+$/,
      });
    });
  }
});

Deno.test("findModel() checks the checksum of a file of this machine", () =>
  withTexts({ "a.onnx": "a" }, async (folder) => {
    strictEqual((await find(folder, `${folder}/a.onnx`, { checksum: sha256("a") })).file, `${folder}/a.onnx`);
    await rejects(find(folder, `${folder}/a.onnx`, { checksum: sha256("b") }), { reason: "broken" });
    await rejects(find(folder, `${folder}/a.onnx`, { checksum: "nonsense" }), /Cannot read checksum "nonsense"/);
  }));

const HOSTILE_SPECS: readonly (readonly [title: string, text: string | Uint8Array, message: RegExp])[] = [
  ["a file above the directory", "spec: {model_file: ../secret}", /its model_file leads out of the model's directory/],
  ["a file above it, said otherwise", 'spec: {model_file: "a\\\\..\\\\..\\\\secret"}', /leads out/],
  ["extra data above the directory", 'spec: {extra_data: {x: "a/../../b"}}', /its extra_data "x" leads out/],
  ["no YAML", "{a: [", /it is no YAML/],
  ["bytes", new Uint8Array([0xff, 0xfe, 0x00]), /it is no YAML \(it is not UTF-8\)/],
  ["a list", "[1, 2]", /it is no description of a model/],
  ["nothing", "", /it is no description of a model/],
  ["a number for a file", "spec: {model_file: 7}", /its model_file is no text/],
  ["parameters that are a list", "spec: {parameters: [1]}", /its parameters is no object/],
  ["inputs that are text", "spec: {inputs: x}", /its inputs is no list/],
  [
    "aliases without end",
    `a: &a [${"x,".repeat(50)}]\nb: &b [${"*a,".repeat(50)}]\nc: [${"*b,".repeat(50)}]`,
    /it is no YAML \(Excessive alias count/,
  ],
];

for (const [title, text, message] of HOSTILE_SPECS) {
  Deno.test(`findModel() refuses a description with ${title}`, () =>
    withTexts({ "iris/model_spec.yaml": text, "iris/a.onnx": "a", secret: "s" }, async (folder) => {
      await rejects(find(folder, `${folder}/iris`), { name: "ModelError", message });
    }));
}

Deno.test("findModel() takes __proto__ in a description for a field", () =>
  withTexts({
    "iris/model_spec.yaml": "spec: {parameters: {__proto__: {polluted: 1}}}\n__proto__: {polluted: 1}",
    "iris/a.onnx": "a",
  }, async (folder) => {
    const { spec } = await find(folder, `${folder}/iris`);
    strictEqual("polluted" in (spec.parameters as object), false);
    strictEqual("polluted" in {}, false);
  }));

const ARCHIVES = [[".zip", (files: readonly (readonly [string, string])[]) => zipOf(files)], [".tar", tarOf], [
  ".tar.gz",
  async (files: readonly (readonly [string, string])[]) => await gzip(await tarOf(files)),
]] as const;

for (const [ending, make] of ARCHIVES) {
  Deno.test(`findModel() looks into ${ending}`, async () => {
    const files = [["iris/model_spec.yaml", SPEC], ["iris/best.onnx", "best"], ["iris/notes.txt", "notes"]] as const;
    await withTexts({ [`m${ending}`]: await make(files), "secret.onnx": "s" }, async (folder) => {
      const { file, extraData, spec } = await find(folder, `${folder}/m${ending}`, {
        checksum: `sha256:${createHash("sha256").update(await Deno.readFile(`${folder}/m${ending}`)).digest("hex")}`,
      });
      strictEqual(await textAt(file), "best");
      strictEqual(file.endsWith("/iris/best.onnx"), true);
      strictEqual(new TextDecoder().decode(await extraData.notes!.get()), "notes");
      deepStrictEqual(spec.parameters, { threshold: 0.5, name: "iris" });
      await rejects(find(folder, `${folder}/m${ending}`, { checksum: sha256("other") }), { reason: "broken" });
    });
    await withTexts({ [`m${ending}`]: await make([["best.onnx", "best"], ["notes.txt", "n"]]) }, async (folder) => {
      const { file, extraData } = await find(folder, `${folder}/m${ending}`);
      deepStrictEqual([await textAt(file), Object.keys(extraData)], ["best", ["notes.txt"]]);
    });
    await withTexts({ [`m${ending}`]: await make([["a.pkl", "x"]]) }, async (folder) => {
      await rejects(find(folder, `${folder}/m${ending}`), {
        message: new RegExp(`in ".*/m${ending}": it needs one \\.onnx file, there is a\\.pkl`),
      });
    });
    await withTexts(
      { [`m${ending}`]: await make([["model_spec.yaml", "spec: {model_file: /etc/passwd}"]]) },
      async (folder) => {
        await rejects(find(folder, `${folder}/m${ending}`), /its model_file leads out of the model's directory/);
      },
    );
  });
}

Deno.test("findModel() unpacks the archive that a description names", async () =>
  await withTexts({
    "iris/model_spec.yaml": "spec: {model_file: m.zip, parameters: {a: 1}}",
    "iris/m.zip": await zipOf([["inner.onnx", "inner"]]),
  }, async (folder) => {
    const { file, spec } = await find(folder, `${folder}/iris`);
    deepStrictEqual([await textAt(file), spec.parameters], ["inner", { a: 1 }]);
    strictEqual((await find(folder, `${folder}/iris`, { suffix: ".zip" })).file, `${folder}/iris/m.zip`);
  }));

Deno.test("findModel() fetches what lies in a store: file, directory, description, archive, weights beside it", async () => {
  const base = "memory://model_file_test/far";
  const put = (name: string, text: string | Uint8Array) => openItem(`${base}/${name}`).put(text);
  await put("a.onnx", "a");
  await put("dir/iris.onnx", "iris");
  await put("dir/iris.onnx.data", "weights");
  await put("dir/iris.onnx_data", "more");
  await put("dir/other.txt", "other");
  await put("spec/model_spec.yaml", SPEC);
  await put("spec/best.onnx", "best");
  await put("m.zip", await zipOf([["z.onnx", "zipped"]]));
  await put("evil/model_spec.yaml", "spec: {model_file: /etc/passwd}");
  await using folder = await temporaryFolder();
  const { path } = folder;
  strictEqual(await textAt((await find(path, `${base}/a.onnx`)).file), "a");
  strictEqual(await textAt((await find(path, `${base}/a`)).file), "a");
  const { file, extraData } = await find(path, `${base}/dir/`);
  deepStrictEqual([await textAt(file), await textAt(`${file}.data`), await textAt(`${file}_data`)], [
    "iris",
    "weights",
    "more",
  ]);
  deepStrictEqual(Object.keys(extraData), ["iris.onnx.data", "iris.onnx_data", "other.txt"]);
  const described = await find(path, `${base}/spec`);
  deepStrictEqual([await textAt(described.file), described.spec.parameters], ["best", {
    threshold: 0.5,
    name: "iris",
  }]);
  strictEqual(described.extraData.notes!.uri, `${base}/spec/notes.txt`);
  strictEqual(await textAt((await find(path, `${base}/m.zip`)).file), "zipped");
  await rejects(find(path, `${base}/evil`), /its model_file leads out of the model's directory/);
  await rejects(find(path, `${base}/none`), {
    name: "ModelError",
    message: `Cannot find the file of model "m": there is no "${base}/none" nor "${base}/none.onnx"`,
  });
});

Deno.test("findModel() fetches from the web: a file, an archive with a query, a directory by its description", async () => {
  const zip = await zipOf([["z.onnx", "zipped"]]);
  await using server = serveLoopback(({ path, method, headers }) => {
    const found: Record<string, string | Uint8Array<ArrayBuffer>> = {
      "/a.onnx": "a",
      "/m.zip?sig=sigvalue": zip,
      "/dir/model_spec.yaml": "spec: {model_file: best.onnx}",
      "/dir/best.onnx": "best",
      "/private.onnx": headers.get("authorization") === `Basic ${btoa("me:hunter2")}` ? "private" : "",
    };
    const body = found[path];
    if (body === undefined || body === "") return new Response(null, { status: body === "" ? 401 : 404 });
    return new Response(method === "HEAD" ? null : body, {
      headers: { etag: `"${path.length}"`, "content-length": `${body.length}` },
    });
  });
  await using folder = await temporaryFolder();
  const { path } = folder;
  strictEqual(await textAt((await find(path, `${server.url}/a.onnx`, { checksum: sha256("a") })).file), "a");
  strictEqual(await textAt((await find(path, `${server.url}/m.zip?sig=sigvalue`)).file), "zipped");
  strictEqual(await textAt((await find(path, `${server.url}/dir/`)).file), "best");
  const variables: Record<string, string> = { MODEL_USER: "me", MODEL_PASSWORD: "hunter2" };
  const cache = { folder: path, item: { retries: 0, environment: (name: string) => variables[name] } };
  const warned: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) };
  const { host } = new URL(server.url);
  const hidden = await find(path, `http://\${MODEL_USER}:\${MODEL_PASSWORD}@${host}/private.onnx`, { cache, log });
  strictEqual(await textAt(hidden.file), "private");
  strictEqual(warned.length, 0);
  await rejects(
    find(path, `http://me:wrong-hunter2@${host}/private.onnx`, { log }),
    (error: Error) =>
      /the store does not let us \(401\)/.test(error.message) && !Deno.inspect(error).includes("hunter2"),
  );
  strictEqual(warned.length, 0);
});

Deno.test("findModel() asks MLRun for an artifact (a fake): its target, file, parameters, hash", async () => {
  await openItem("memory://model_file_test/artifact/best.onnx").put("best");
  let hash = sha256("best").slice(7);
  await using server = serveLoopback(() =>
    Response.json({
      kind: "model",
      metadata: { key: "iris", hash, labels: { a: "b" } },
      spec: {
        target_path: "memory://model_file_test/artifact/",
        model_file: "best.onnx",
        parameters: { a: 1 },
        extra_data: { n: "notes.txt" },
      },
    })
  );
  await using folder = await temporaryFolder();
  const item = { environment: (name: string) => ({ MLRUN_DBPATH: server.url })[name] };
  const cache = { folder: folder.path, item };
  const { file, spec, extraData } = await find(folder.path, "store://models/p/iris:latest", { cache });
  deepStrictEqual([await textAt(file), spec.parameters, spec.labels], ["best", { a: 1 }, { a: "b" }]);
  strictEqual(extraData.n!.uri, "memory://model_file_test/artifact/notes.txt");
  hash = "0".repeat(40);
  await rejects(find(folder.path, "store://models/p/iris:latest", { cache }), {
    reason: "broken",
    message: /its sha1 is/,
  });
});
