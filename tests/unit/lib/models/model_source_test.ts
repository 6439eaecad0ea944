import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { findModel } from "../../../../lib/models/model_file.ts";
import { ModelSource } from "../../../../lib/models/model_source.ts";
import { type Got, serveLoopback } from "../../../support/loopback.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const OBJECTS: Readonly<Record<string, string>> = {
  "iris/model_spec.yaml": "spec: {model_file: best.onnx, parameters: {a: 1}}",
  "iris/best.onnx": "best",
  "iris/best.onnx.data": "weights",
};

/** A bucket as S3 gives it, for tests where it goes away. */
function bucket({ path, method }: Got): Response {
  const { pathname, searchParams } = new URL(path, "http://s3");
  const prefix = searchParams.get("prefix");
  if (prefix !== null) {
    const keys = Object.keys(OBJECTS).filter((key) => key.startsWith(prefix));
    return new Response(`<r>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</r>`);
  }
  const text = OBJECTS[pathname.replace("/bucket/", "")];
  if (text === undefined) return new Response(null, { status: 404 });
  return new Response(method === "HEAD" ? null : text, {
    headers: { etag: `"${text.length}"`, "content-length": `${text.length}` },
  });
}

Deno.test("a model's directory is found again while its store is away: what it said the last time holds", async () => {
  await using folder = await temporaryFolder();
  let status = 200;
  await using server = serveLoopback((got) => status === 200 ? bucket(got) : new Response(null, { status }));
  const item = { backoffMs: 1, endpoint: server.url, environment: () => undefined };
  const warned: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) };
  const find = () =>
    findModel("m", { modelPath: "s3://bucket/iris", suffix: ".onnx", log, cache: { folder: folder.path, item } });
  for (status of [200, 503]) {
    const { file, spec } = await find();
    deepStrictEqual([await Deno.readTextFile(file), await Deno.readTextFile(`${file}.data`), spec.parameters], [
      "best",
      "weights",
      { a: 1 },
    ]);
    strictEqual(warned.length > 0, status === 503);
    server.got.length = status === 503 ? server.got.length : 0;
  }
  strictEqual(server.got.length, 2); // the act and its retry: a store that does not answer is not asked for the rest
  match(
    warned[0]!,
    /^model "m": Cannot look at "s3:\/\/bucket\/iris": the store fails \(503\)\. What it said the last time holds$/,
  );
  for (status of [403, 404]) {
    await rejects(find(), status === 403 ? { name: "StoreError", reason: "forbidden" } : { name: "ModelError" });
  }
});

Deno.test("what a bucket elsewhere has said is not taken for what this one has", async () => {
  await using folder = await temporaryFolder();
  await using dev = serveLoopback(bucket);
  await using prod = serveLoopback(() => new Response(null, { status: 503 }));
  const find = (endpoint: string) => {
    const item = { backoffMs: 1, retries: 1, endpoint, environment: () => undefined };
    return findModel("m", { modelPath: "s3://bucket/iris", suffix: ".onnx", cache: { folder: folder.path, item } });
  };
  const { spec } = await find(dev.url);
  deepStrictEqual(spec.parameters, { a: 1 });
  await rejects(find(prod.url), { name: "StoreError", reason: "unreachable" });
});

Deno.test("an artifact's description holds while MLRun is away (a fake)", async () => {
  await using folder = await temporaryFolder();
  let status = 200;
  await using server = serveLoopback(() => Response.json({ spec: { target_path: "memory://x" } }, { status }));
  const item = { backoffMs: 1, retries: 0, environment: (name: string) => ({ MLRUN_DBPATH: server.url })[name] };
  const source = () => new ModelSource("m", { cache: { folder: folder.path, item } });
  for (status of [200, 502]) {
    deepStrictEqual(await source().artifact("store://p/k"), { spec: { target_path: "memory://x" } });
  }
  await rejects(source().artifact("store://p/other"), { name: "StoreError", status: 502 });
});

Deno.test("ModelSource keeps nothing of files of this machine", async () => {
  await using folder = await temporaryFolder();
  const source = new ModelSource("m", {
    cache: { folder: `${folder.path}/cache`, item: { environment: () => undefined } },
  });
  await Deno.writeTextFile(`${folder.path}/a.onnx`, "a");
  strictEqual(await source.kindOf(`${folder.path}/a.onnx`), "file");
  strictEqual(await source.kindOf(`${folder.path}/none`), undefined);
  strictEqual(await source.fetch(`${folder.path}/a.onnx`), `${folder.path}/a.onnx`);
  deepStrictEqual(await source.names(folder.path), ["a.onnx"]);
});
