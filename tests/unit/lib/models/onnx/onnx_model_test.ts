import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../../lib/errors.ts";
import { OnnxModel } from "../../../../../lib/models/onnx/onnx_model.ts";
import { modelRouter } from "../../../../../lib/routers/model_router.ts";
import { votingEnsemble } from "../../../../../lib/routers/voting_ensemble.ts";
import { serving } from "../../../../../lib/functions/serving.ts";
import { EXPECTED, onnxFile, startWasm } from "../../../../support/onnx_models.ts";
import type { ModelFacts } from "../../../../../lib/graph/served_model.ts";
import type { ModelMetadata } from "../../../../../lib/protocol/reply.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";
import { openRouter, timeless } from "../../../../support/open_router.ts";

await startWasm();

const FOLDER = new URL("../../../../../notebooks/models/", import.meta.url).pathname;
const ROWS = [[5.1, 3.5, 1.4, 0.2], [5.0, 2.0, 3.5, 1.0], [6.7, 3.0, 5.0, 1.7], [6.9, 3.2, 5.7, 2.3], [
  5.9,
  3.0,
  5.1,
  1.8,
]];
const CLASSES = [0, 1, 2, 2, 2];
const MODELS = {
  model1: [OnnxModel, { modelPath: `${FOLDER}/iris_logreg/` }],
  model2: [OnnxModel, { modelPath: `${FOLDER}/iris_forest.onnx` }],
} as const;

Deno.test("OnnxModel behind a router answers the class of each row", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  for (const model of ["model1", "model2"]) {
    const reply = await router.ask(`/v2/models/${model}/infer`, { inputs: ROWS });
    deepStrictEqual(timeless(reply), { id: "ev1", model_name: model, outputs: CLASSES });
  }
});

Deno.test("OnnxModel behind an ensemble votes", async () => {
  await using router = await openRouter(votingEnsemble(), MODELS);
  deepStrictEqual(await router.ask("/v2/models/infer", { inputs: ROWS }), {
    id: "ev1",
    model_name: "router",
    outputs: CLASSES,
  });
});

Deno.test("OnnxModel answers no rows with no answers", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  const reply = await router.ask("/v2/models/model1/infer", { inputs: [] });
  deepStrictEqual(timeless(reply), { id: "ev1", model_name: "model1", outputs: [] });
});

Deno.test("OnnxModel tells what its file says of inputs and outputs", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  const { platform: _platform, backend: _backend, reason: _reason, ...metadata } = await router.ask(
    "/v2/models/model1",
    null,
    { method: "GET" },
  ) as ModelMetadata & Partial<ModelFacts>;
  deepStrictEqual(metadata, {
    name: "model1",
    model_endpoint_uid: "",
    inputs: [{ name: "X", datatype: "FP32", shape: [-1, 4] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
    ],
  });
});

const REFUSED: readonly (readonly [inputs: unknown, message: RegExp])[] = [
  [[[1, 2, 3]], /shape \[-1,4\].*has shape \[1,3\]/],
  [[5], /has shape \[1\]/],
  [[[]], /has shape \[1,0\]/],
  [[[1, 2, 3, 4], [1, 2]], /inputs\[1\] has 2/],
  [[[1, 2, 3, "x"]], /inputs\[0\]\[3\] as FP32: it is the text "x"/],
  [[[1, 2, 3, null]], /inputs\[0\]\[3\] as FP32: it is null/],
  [[[1, 2, 3, true]], /inputs\[0\]\[3\] as FP32: it is a boolean/],
  [[[1, 2, 3, {}]], /inputs\[0\]\[3\] as FP32: it is a object/],
  [[[1, 2, 3, NaN]], /inputs\[0\]\[3\]: it is NaN/],
  [[[1, Infinity, 3, 4]], /inputs\[0\]\[1\]: it is Infinity/],
  [["text"], /inputs\[0\] as FP32: it is the text "text"/],
  [JSON.parse("[".repeat(20_000) + "]".repeat(20_000)), /more than 32 deep/],
];

for (const [inputs, message] of REFUSED) {
  Deno.test(`OnnxModel answers 400 to ${Deno.inspect(inputs, { depth: 3 })}, and lives on`, async () => {
    await using router = await openRouter(modelRouter(), MODELS);
    await rejects(router.ask("/v2/models/model1/infer", { inputs }), (error) => {
      ok(error instanceof StatusError, String(error));
      strictEqual(error.status, 400);
      ok(error.message.startsWith('Cannot ask model "model1": '), error.message);
      ok(message.test(error.message), error.message);
      return true;
    });
    deepStrictEqual(timeless(await router.ask("/v2/models/model1/infer", { inputs: ROWS })), {
      id: "ev1",
      model_name: "model1",
      outputs: CLASSES,
    });
  });
}

for (const backend of ["native", "wasm"] as const) {
  Deno.test(`OnnxModel answers 400 where only the run shows that it cannot take the values (${backend})`, async () => {
    await using router = await openRouter(modelRouter(), {
      lookup: [OnnxModel, { modelPath: onnxFile("lookup"), backend }],
      joined: [OnnxModel, { modelPath: onnxFile("joined"), backend }],
    });
    const place = (value: number, shape: number[]) => ({ name: "place", datatype: "INT64", shape, data: [value] });
    const words = { name: "words[0]", datatype: "BYTES", shape: [1], data: ["a"] };
    const part = (index: number, shape: number[]) => ({ name: `parts[${index}]`, datatype: "FP32", shape, data: [1] });
    for (
      const [model, inputs, message] of [
        ["lookup", [99], /out of data bounds, idx=99/],
        ["lookup", [place(-9, [1])], /out of data bounds, idx=-9/],
        ["joined", [place(0, []), words], /Invalid sequence index \(0\)/],
        ["joined", [part(0, [1]), part(1, [1, 1]), place(0, []), words], /Ranks of input data are different/],
      ] as const
    ) {
      await rejects(router.ask(`/v2/models/${model}/infer`, { inputs }), { name: "StatusError", status: 400, message });
    }
  });
}

Deno.test("OnnxModel takes integers beyond 2^53 in rows as text, and quotes none that nobody sent", async () => {
  await using router = await openRouter(modelRouter(), { lookup: [OnnxModel, { modelPath: onnxFile("lookup") }] });
  const ask = (text: string) => router.ask("/v2/models/lookup/infer", JSON.parse(text));
  deepStrictEqual((await ask('{"inputs": ["1", 2]}') as { outputs: unknown }).outputs, [[2, 20], [3, 30]]);
  await rejects(ask('{"inputs": ["9007199254740993"]}'), { status: 400, message: /idx=9007199254740993/ });
  await rejects(ask('{"inputs": [9007199254740993]}'), {
    status: 400,
    message: /inputs\[0\] as INT64: it is an integer beyond 2\^53, where numbers lose digits: give it as text/,
  });
  for (const text of ["1.5", "x", "", " 1", "99999999999999999999"]) {
    await rejects(ask(JSON.stringify({ inputs: [text] })), { status: 400, message: /inputs\[0\] as INT64: it is/ });
  }
});

Deno.test("OnnxModel tells which model has no file, and where it looked", async () => {
  await rejects(openRouter(modelRouter(), { gone: [OnnxModel, { modelPath: `${FOLDER}/gone` }] }), {
    name: "ModelError",
    message: /Cannot load model "gone": .* there is no ".*gone" nor ".*gone\.onnx"/,
  });
});

Deno.test("OnnxModel runs what was kept before where a store gives what is no model", async () => {
  await using folder = await temporaryFolder();
  const model = await Deno.readFile(onnxFile("mean"));
  const page = new TextEncoder().encode("<html>sign in</html>");
  let body: Uint8Array<ArrayBuffer> = page;
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : body, {
      headers: { etag: `"${body.length}"`, "content-length": `${body.length}` },
    })
  );
  const before = Deno.env.get("LEVADA_CACHE");
  Deno.env.set("LEVADA_CACHE", folder.path);
  try {
    const warned: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) };
    const ask = async () => {
      const fn = serving("kept");
      fn.setTopology("router").addRoute("m", OnnxModel, { modelPath: `${server.url}/m.onnx` });
      await using flow = await fn.toMockServer({ log });
      return (await flow.test("/v2/models/m/infer", { inputs: [[1, 3]] })).outputs;
    };
    await rejects(ask(), /Cannot open model file/);
    body = model;
    deepStrictEqual([await ask(), warned], [[2], []]);
    for (body of [page, new Uint8Array(), model.subarray(0, model.length >> 1)]) {
      deepStrictEqual(await ask(), [2]);
      ok(/Model "m": Cannot open model file .* What was kept of it before serves$/.test(warned.pop()!));
    }
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_CACHE");
    else Deno.env.set("LEVADA_CACHE", before);
  }
});

/** What the model that lies in two files answers, from wherever; with a cache of its own. */
async function askOutside(modelPath: string, checksum?: unknown): Promise<unknown> {
  await using folder = await temporaryFolder();
  return (await askKept(folder.path, modelPath, checksum))[0];
}

/** What it answers, and the warnings that were written. */
async function askKept(cache: string, modelPath: string, checksum?: unknown): Promise<unknown[]> {
  const before = Deno.env.get("LEVADA_CACHE");
  Deno.env.set("LEVADA_CACHE", cache);
  const warned: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (line: string) => void warned.push(line) };
  try {
    await using router = await openRouter(modelRouter(), {
      m: [OnnxModel, { modelPath, ...(checksum === undefined ? {} : { checksum }) }],
    }, { surroundings: { log } });
    const reply = await router.ask("/v2/models/m/infer", { inputs: EXPECTED.mlp.x.slice(0, 1) });
    return [(reply as { outputs: number[][] }).outputs[0]!.map((p) => Math.round(p * 1e5)), ...warned];
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_CACHE");
    else Deno.env.set("LEVADA_CACHE", before);
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
}

const FILES = {
  "outside.onnx": Deno.readFileSync(onnxFile("outside")),
  "outside.bin": Deno.readFileSync(onnxFile("outside").replace(".onnx", ".bin")),
};
const CHECKSUMS = {
  "outside.onnx": await sha256(FILES["outside.onnx"]),
  "outside.bin": await sha256(FILES["outside.bin"]),
};
const OUTSIDE = EXPECTED.mlp.p[0]!.map((p) => Math.round(p * 1e5));

Deno.test("OnnxModel fetches the weights that its file names beside it, by the same query", async () => {
  const files: Record<string, Uint8Array<ArrayBuffer>> = { ...FILES };
  await using server = serveLoopback(({ method, path }) => {
    const body = files[/^\/deep\/([^?]*)\?key=1$/.exec(path)?.[1] ?? ""];
    if (body === undefined) return new Response(null, { status: 404 });
    return new Response(method === "HEAD" ? null : body, { headers: { "content-length": `${body.length}` } });
  });
  const url = `${server.url}/deep/outside.onnx?key=1`;
  deepStrictEqual(await askOutside(url), OUTSIDE);
  deepStrictEqual(await askOutside(url, CHECKSUMS), OUTSIDE);
  await rejects(askOutside(url, CHECKSUMS["outside.onnx"]), {
    message:
      /its weights lie beside it in "outside\.bin", of which its checksum says nothing\. Write checksum: \{ "outside\.onnx"/,
  });
  files["outside.bin"] = new Uint8Array(FILES["outside.bin"].length);
  await rejects(askOutside(url, CHECKSUMS), { message: /outside\.bin.*: its sha256 is [0-9a-f]+, and it should be/ });
  delete files["outside.bin"];
  await rejects(askOutside(url), {
    message:
      /its weights lie in "outside\.bin" beside it: .* nothing there \(404\)\. Put it beside the model, or serve an archive/,
  });
  await rejects(askOutside(`${server.url}/deep/`), {
    message:
      /needs one \.onnx file, there is nothing\. A web server lists no names: write the URL of the file or of an archive/,
  });
});

Deno.test("OnnxModel runs model and weights that were kept together where a store gives either that is none", async () => {
  await using folder = await temporaryFolder();
  const files: Record<string, Uint8Array<ArrayBuffer>> = { ...FILES };
  let isAway = false;
  await using server = serveLoopback(({ method, path }) => {
    if (isAway) return new Response(null, { status: 503 });
    const body = files[path.slice(1)];
    if (body === undefined) return new Response(null, { status: 404 });
    const etag = `"${body.reduce((sum, byte) => (sum * 31 + byte) | 0, body.length)}"`;
    return new Response(method === "HEAD" ? null : body, { headers: { etag, "content-length": `${body.length}` } });
  });
  const ask = () => askKept(folder.path, `${server.url}/outside.onnx`);
  deepStrictEqual(await ask(), [OUTSIDE]);
  const page = new TextEncoder().encode("<html>sign in</html>");
  const half = FILES["outside.bin"].slice(0, FILES["outside.bin"].length >> 1);
  for (
    const broken of [{ "outside.onnx": page }, { "outside.bin": half }, { "outside.onnx": page, "outside.bin": half }]
  ) {
    for (isAway of [false, false, true]) {
      Object.assign(files, FILES, broken);
      const [given, ...warned] = await ask();
      deepStrictEqual(given, OUTSIDE);
      const wanted = isAway ? /What it said the last time holds$/ : /What was kept of it before serves$/;
      ok(warned.some((line) => wanted.test(String(line))), String(warned));
    }
  }
  isAway = false;
  Object.assign(files, FILES, { "outside.bin": new Uint8Array(FILES["outside.bin"].length) });
  const third = Math.round(1e5 / 3);
  deepStrictEqual(await ask(), [[third, third, third]], "new weights that are whole serve");
  Object.assign(files, { "outside.bin": half });
  deepStrictEqual((await ask())[0], [third, third, third], "and are what was good the last time");
  delete files["outside.bin"];
  await rejects(ask(), /nothing there \(404\)/, "weights that are gone do not serve");
});

Deno.test("OnnxModel takes weights that are not all there for none, where it is told what they are", async () => {
  await using folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(FILES)) await Deno.writeFile(`${folder.path}/${name}`, bytes);
  const path = `${folder.path}/outside.onnx`;
  deepStrictEqual(await askOutside(path, CHECKSUMS), OUTSIDE);
  await Deno.writeFile(`${folder.path}/outside.bin`, new Uint8Array(FILES["outside.bin"].length));
  await rejects(askOutside(path, CHECKSUMS), { message: /outside\.bin": its sha256 is/ });
  await rejects(askOutside(path, CHECKSUMS["outside.onnx"]), { message: /of which its checksum says nothing/ });
});

Deno.test("OnnxModel tells which model's file is broken", async () => {
  const modelPath = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await Deno.writeTextFile(modelPath, "no model");
    await rejects(openRouter(modelRouter(), { broken: [OnnxModel, { modelPath }] }), {
      name: "ModelError",
      message: /Cannot load model "broken": Cannot open model file ".*\.onnx" as ONNX: /,
    });
  } finally {
    await Deno.remove(modelPath);
  }
});

Deno.test("OnnxModel takes rows of columns by name, and answers with the outputs that it is told", async () => {
  const modelPath = onnxFile("columns");
  await using router = await openRouter(modelRouter(), {
    first: [OnnxModel, { modelPath }],
    odds: [OnnxModel, { modelPath, output: "output_probability" }],
    both: [OnnxModel, { modelPath, output: ["output_label", "output_probability"] }],
  });
  const inputs = EXPECTED.columns.rows.slice(2, 4);
  const ask = async (model: string) =>
    (await router.ask(`/v2/models/${model}/infer`, { inputs }) as { outputs: unknown[] }).outputs;
  deepStrictEqual(await ask("first"), EXPECTED.columns.labels.slice(2, 4));
  const odds = await ask("odds") as Record<string, number>[];
  deepStrictEqual(odds.map((row) => Object.keys(row)), [["no", "yes"], ["no", "yes"]]);
  deepStrictEqual(await ask("both"), [
    { output_label: EXPECTED.columns.labels[2], output_probability: odds[0] },
    { output_label: EXPECTED.columns.labels[3], output_probability: odds[1] },
  ]);
  await rejects(router.ask("/v2/models/first/infer", { inputs: [{ ...inputs[0], age: NaN }] }), {
    status: 400,
    message: 'Cannot ask model "first": Cannot predict from inputs[0].age: it is NaN',
  });
});

const TENSORS = {
  id: "7",
  inputs: [{
    name: "X",
    datatype: "FP32",
    shape: [2, 4],
    data: new Float32Array([5.1, 3.5, 1.4, 0.2, 6.9, 3.2, 5.7, 2.3]),
  }],
};

Deno.test("OnnxModel answers tensors with tensors: all, or those that are asked for", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  const ask = async (request: object) =>
    JSON.parse(JSON.stringify(await router.ask("/v2/models/model1/infer", request)));
  const all = await ask(TENSORS);
  deepStrictEqual([all.model_name, all.id], ["model1", "7"]);
  deepStrictEqual(all.outputs.map(({ name, datatype, shape }: Record<string, unknown>) => [name, datatype, shape]), [
    ["label", "INT64", [2]],
    ["probabilities", "FP32", [2, 3]],
  ]);
  const one = await ask({ ...TENSORS, outputs: [{ name: "label" }] });
  deepStrictEqual(one.outputs, [{ name: "label", datatype: "INT64", shape: [2], data: [0, 2] }]);
  const none = await ask({ inputs: [{ ...TENSORS.inputs[0]!, shape: [0, 4], data: [] }] });
  deepStrictEqual(none.outputs.map(({ shape }: { shape: number[] }) => shape), [[0], [0, 3]]);
  for (
    const [request, message] of [
      [{ ...TENSORS, outputs: [{ name: "odds" }] }, /Cannot give output "odds": the model gives label, probabilities/],
      [{ inputs: [{ name: "Y", datatype: "FP32", shape: [1], data: [1] }] }, /Cannot run the model on Y: it takes X/],
      [{ inputs: [{ name: "X", datatype: "FP64", shape: [1, 4], data: [1, 2, 3, 4] }] }, /it is FP64/],
      [{ inputs: [{ name: "X", datatype: "FP32", shape: [4], data: [1, 2, 3, 4] }] }, /it has shape \[4\]/],
    ] as const
  ) await rejects(router.ask("/v2/models/model1/infer", request), { status: 400, message });
});

Deno.test("OnnxModel tells its platform and what it runs on", async () => {
  const fn = serving("facts");
  fn.setTopology("router").addRoute("zip", OnnxModel, { modelPath: onnxFile("zip_texts"), backend: "native" });
  await using flow = await fn.start();
  const [served] = flow.models();
  const { platform, backend, reason, outputs } = served!.facts();
  deepStrictEqual([platform, backend, reason], ["onnxruntime_onnx", "native", "it was asked for"]);
  deepStrictEqual(outputs.map(({ datatype, shape }) => [datatype, shape]), [["BYTES", [-1]], ["FP32", [-1, 3]]]);
});

Deno.test("OnnxModel answers rows only with an answer for each", async () => {
  await using router = await openRouter(modelRouter(), {
    places: [OnnxModel, { modelPath: onnxFile("places") }],
    whole: [OnnxModel, { modelPath: onnxFile("whole") }],
    turned: [OnnxModel, { modelPath: onnxFile("turned"), output: "columns" }],
  });
  const ask = (model: string, inputs: unknown[]) => router.ask(`/v2/models/${model}/infer`, { inputs });
  for (
    const [model, inputs, state] of [
      ["places", [[1, 0, 2]], /its output "place" has 2 answers for 1 rows\. Ask it with tensors/],
      ["whole", [[1], [5]], /its output "most" has 1 answers for 2 rows/],
      [
        "turned",
        [1, 2, 3, 4].map((n) => [n, n, n, n]),
        /its output "columns" always has 4, whatever the number of rows/,
      ],
    ] as const
  ) await rejects(ask(model, [...inputs]), { name: "ModelError", message: state });
  deepStrictEqual((await ask("whole", [[5]]) as { outputs: unknown }).outputs, [5]);
});

Deno.test("OnnxModel is asked when it is loaded, and says when that fails", async () => {
  const open = (modelPath: string, warmUp: unknown) =>
    openRouter(modelRouter(), { m: [OnnxModel, { modelPath, warmUp }] });
  for (
    const [name, warmUp] of [
      ["mlp", true],
      ["echo", true],
      ["columns", EXPECTED.columns.rows],
      ["lookup", { inputs: [{ name: "place", datatype: "INT64", shape: [1], data: [1] }] }],
    ] as const
  ) await (await open(onnxFile(name), warmUp))[Symbol.asyncDispose]();
  for (
    const [warmUp, message] of [
      [[99], /^Cannot load model "m": its warm-up failed: Cannot run the model: /],
      [[[1]], /^Cannot load model "m": its warm-up failed: Cannot read "place" as INT64 of shape \[-1\]/],
      ["x", /^Cannot load model "m": its warmUp is neither/],
    ] as const
  ) await rejects(open(onnxFile("lookup"), warmUp), { name: "ModelError", message });
  await rejects(openRouter(modelRouter(), { m: [OnnxModel, { modelPath: onnxFile("lookup"), output: "none" }] }), {
    name: "ModelError",
    message: /^Cannot load model "m": Cannot give output "none": the model gives entry/,
  });
});
