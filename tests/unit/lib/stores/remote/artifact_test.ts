import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { artifactName, artifactTarget, joinUri } from "../../../../../lib/stores/remote/artifact.ts";
import { type Got, serveLoopback } from "../../../../support/loopback.ts";

const NAMES = [
  ["store://p/k", { project: "p", key: "k" }],
  ["store://models/p/k", { project: "p", key: "k" }],
  ["store://models/p/k#3:v1@tree^uid", { project: "p", key: "k", iter: "3", tag: "v1", tree: "tree", uid: "uid" }],
  ["store://artifacts/p/a/b:latest", { project: "p", key: "a/b", tag: "latest" }],
  ["store://models/p/k@t", { project: "p", key: "k", tree: "t" }],
] as const;

for (const [uri, name] of NAMES) {
  Deno.test(`artifactName() reads ${uri}`, () => deepStrictEqual(artifactName(uri), name));
}

Deno.test("artifactName() refuses what names no artifact", () => {
  for (
    const uri of [
      "store://",
      "store://p",
      "store://models/p/",
      "store:///k",
      "store://p/..",
      "store://models/p/k:",
      "store://p/k:a:b",
      "store://p/k#x",
    ]
  ) {
    throws(() => artifactName(uri), { name: "TypeError", message: /it is no store:\/\// });
  }
  throws(() => artifactName("store://feature-vectors/p/k"), /feature-vectors have no file/);
});

Deno.test("artifactTarget() finds the model's file", () => {
  const target = (spec: Record<string, unknown>) => artifactTarget("store://p/k", { spec });
  deepStrictEqual(target({ target_path: "s3://b/m/", model_file: "a.onnx" }), {
    target: "s3://b/m/",
    file: "s3://b/m/a.onnx",
  });
  deepStrictEqual(target({ target_path: "s3://b/m", model_file: "a", model_target_file: "b" }).file, "s3://b/m/b");
  deepStrictEqual(target({ target_path: "s3://b/a.csv" }).file, "s3://b/a.csv");
  throws(() => target({}), { reason: "broken", message: /has no target_path/ });
  throws(() => target({ target_path: "store://p/k" }), /its target is an artifact again/);
});

Deno.test("joinUri() leaves what stands for itself", () => {
  strictEqual(joinUri("s3://b/d/", "./x"), "s3://b/d/x");
  for (const name of ["s3://c/x", "/x"]) strictEqual(joinUri("s3://b/d", name), name);
});

/** A fake by the contract of MLRun's artifact interface: no real one can be had here. */
function fakeMlrun({ path, headers }: Got): Response {
  if (headers.get("authorization") !== "Bearer token" && !headers.get("cookie")?.includes("access")) {
    return new Response(null, { status: 401 });
  }
  const { pathname, searchParams } = new URL(path, "http://mlrun");
  const iter = searchParams.get("iter");
  switch (pathname) {
    case "/api/v2/projects/p/artifacts/text":
      return Response.json({ kind: "", spec: { target_path: `memory://artifact_test/${searchParams.get("tag")}` } });
    case "/api/v2/projects/p/artifacts/best":
      return Response.json(
        iter === "7"
          ? { data: { spec: { target_path: "memory://artifact_test/seven" } } }
          : { kind: "link", spec: { link_iteration: 7 } },
      );
    case "/api/v2/projects/p/artifacts/loop":
      return Response.json({ kind: "link", spec: { link_iteration: 1 } });
    case "/api/v2/projects/p/artifacts/odd":
      return new Response("[1]");
  }
  return Response.json({ detail: "not found" }, { status: 404 });
}

Deno.test("a store:// item asks MLRun where it lies (a fake)", async () => {
  await using server = serveLoopback(fakeMlrun);
  const variables: Record<string, string> = { MLRUN_DBPATH: server.url, MLRUN_AUTH_TOKEN: "token" };
  const options = { environment: (name: string) => variables[name] };
  await openItem("memory://artifact_test/latest").put("latest");
  await openItem("memory://artifact_test/seven").put("seven");
  const read = async (uri: string) => new TextDecoder().decode(await openItem(uri, options).get());
  strictEqual(await read("store://p/text"), "latest");
  strictEqual(await read("store://models/p/best"), "seven");
  strictEqual((await openItem("store://p/text", options).stat()).bytes, 6);
  await rejects(read("store://p/loop"), { reason: "broken", message: /is a link to a link/ });
  await rejects(read("store://p/odd"), { reason: "broken", message: /MLRun's answer is no artifact/ });
  await rejects(read("store://p/none"), {
    reason: "missing",
    message: 'Cannot look up "store://p/none": there is nothing there (404)',
  });
  await rejects(openItem("store://p/text", options).put("x"), { reason: "refused" });
  variables.MLRUN_AUTH_TOKEN = "";
  await rejects(read("store://p/text"), {
    reason: "forbidden",
    message: /There are no credentials: set MLRUN_AUTH_TOKEN or V3IO_ACCESS_KEY$/,
  });
  variables.V3IO_ACCESS_KEY = "access";
  strictEqual(await read("store://p/text"), "latest");
  variables.MLRUN_DBPATH = "";
  await rejects(read("store://p/text"), /MLRUN_DBPATH is no http or https URL/);
});
