import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  filter,
  type GenerateRequest,
  type InferRequest,
  ModelServer,
  OnnxModel,
  openTelemetry,
  Secret,
  serving,
  type ServingFunction,
  TextModel,
  votingEnsemble,
} from "levada";
import { z } from "zod";
import type { OpenApi } from "../../../../../lib/serve/openapi/openapi.ts";

const FOREST = { modelPath: "notebooks/models/iris_forest.onnx" };

class Twice extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((n) => Number(n) * 2);
  }
  opHello(): string {
    return "hello";
  }
}

async function describe(fn: ServingFunction): Promise<OpenApi> {
  await using server = await fn.toMockServer();
  return await (await server.fetch(new Request("http://x/openapi.json"))).json();
}

// deno-lint-ignore no-explicit-any -- a document is looked into by its paths
function at(document: OpenApi, ...keys: string[]): any {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], document);
}

Deno.test("openApi() tells a flow by its schemas", async () => {
  const fn = serving("sums");
  fn.setTopology("flow", {
    input: z.object({ numbers: z.array(z.number()).default([]) }),
    output: z.object({ sum: z.number(), at: z.date() }),
  }).to("sum", ({ numbers }) => ({ sum: numbers.length, at: new Date(0) })).respond();
  const document = await describe(fn);
  deepStrictEqual([document.openapi, document.info.title], ["3.1.0", "sums"]);
  deepStrictEqual(at(document, "paths", "/", "post", "requestBody", "content", "application/json", "schema"), {
    type: "object",
    properties: { numbers: { default: [], type: "array", items: { type: "number" } } },
  });
  deepStrictEqual(
    at(document, "paths", "/", "post", "responses", "200", "content", "application/json", "schema", "required"),
    ["sum", "at"],
  );
  ok("422" in at(document, "paths", "/", "post", "responses"));
});

Deno.test("openApi() of a flow that says nothing takes and gives anything, or only takes it in", async () => {
  const silent = serving("silent");
  silent.setTopology("flow").to("kept", filter(() => true));
  const { paths } = await describe(silent);
  const post = at({ paths } as OpenApi, "paths", "/", "post");
  deepStrictEqual(post.requestBody, { required: false, content: { "application/json": { schema: {} } } });
  deepStrictEqual(post.responses["200"].description, "It was taken in");
});

Deno.test("openApi() tells each model at its address by its signature, in both dialects", async () => {
  const fn = serving("flowers");
  fn.setTopology("router").addRoute("forest", OnnxModel, FOREST).addRoute("twice:v2", Twice);
  const document = await describe(fn);
  const infer = at(document, "paths", "/v2/models/forest/infer", "post");
  const [rows, tensors] = infer.requestBody.content["application/json"].schema.anyOf;
  deepStrictEqual(rows.properties.inputs.items, { type: "array", items: { type: "number" }, minItems: 4, maxItems: 4 });
  deepStrictEqual(tensors.properties.inputs.items.anyOf[0].properties.shape, {
    type: "array",
    prefixItems: [{ type: "integer", minimum: 0 }, { const: 4 }],
    minItems: 2,
    maxItems: 2,
  });
  strictEqual("default" in infer.responses, false);
  const own = at(document, "paths", "/v2/models/twice/versions/v2/infer", "post");
  strictEqual("default" in own.responses, true); // its code may answer with any status
});

Deno.test("openApi() tells an ensemble at its own addresses too", async () => {
  const fn = serving("voters");
  fn.setTopology("flow").to("vote", votingEnsemble({ name: "all/of them" })).respond().addRoute(
    "forest",
    OnnxModel,
    FOREST,
  );
  const { paths } = await describe(fn);
  for (const path of ["/v2/models/forest/infer", "/v2/models/infer", "/v2/models/all%2Fof%20them/infer"]) {
    ok(path in paths, path);
  }
});

Deno.test("openApi() gives each operation an id of its own", async () => {
  const fn = serving("voters");
  fn.setTopology("flow").to("vote", votingEnsemble()).respond().addRoute("a", Twice).addRoute("a:1", Twice);
  const { paths } = await describe(fn);
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  deepStrictEqual(ids.length, new Set(ids).size);
});

Deno.test("openApi() tells of metrics where there are some", async () => {
  const fn = serving("f");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  strictEqual("/metrics" in (await describe(fn)).paths, false);
  await using server = await fn.toMockServer({ telemetry: await openTelemetry() });
  const { paths } = await (await server.fetch(new Request("http://x/openapi.json"))).json();
  ok("/metrics" in paths);
});

Deno.test("openApi() of a server that asks for tokens says so, and 401, but not of health", async () => {
  const fn = serving("f");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await using server = await fn.serve({ port: 0, tokens: [new Secret("TOKEN", "abc")] });
  const asked = await fetch(`${server.url}/openapi.json`);
  strictEqual(asked.status, 401);
  await asked.body?.cancel();
  const document = await (await fetch(`${server.url}/openapi.json`, { headers: { authorization: "Bearer abc" } }))
    .json();
  deepStrictEqual(document.security, [{ token: [] }]);
  deepStrictEqual(document.components.securitySchemes, { token: { type: "http", scheme: "bearer" } });
  deepStrictEqual([document.paths["/live"].get.security, "401" in document.paths["/live"].get.responses], [[], false]);
  strictEqual("401" in document.paths["/"].post.responses, true);
});

Deno.test("openApi() of a function that says which paths it answers has those", async () => {
  const fn = serving("shop").setApi({
    endpoints: [
      { path: "/items/{id}", input: { count: { path: "$.order.count", mandatory: true } }, output: { total: "$.sum" } },
      { path: "/files/*", method: "GET" },
      { path: "/secret", action: "forbid" },
    ],
  });
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  const { paths } = await describe(fn);
  deepStrictEqual(Object.keys(paths).filter((path) => !/^\/(v2|live|ready|openapi)/.test(path)), [
    "/items/{id}",
    "/files/{rest}",
  ]);
  const post = at({ paths } as OpenApi, "paths", "/items/{id}", "post");
  deepStrictEqual(post.parameters.map(({ name }: { name: string }) => name), ["id"]);
  deepStrictEqual(post.requestBody.content["application/json"].schema.allOf[1].required, ["order"]);
});

Deno.test("a server refuses TRACE, and says with each 405 which methods do", async () => {
  const fn = serving("flowers");
  fn.setTopology("router").addRoute("twice", Twice);
  await using server = await fn.serve({ port: 0 });
  const put = await fetch(`${server.url}/v2/models/twice/infer`, { method: "PUT", body: "{}" });
  deepStrictEqual([put.status, put.headers.get("allow")], [405, "POST"]);
  await put.body?.cancel();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode("TRACE /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
  const answer = await new Response(conn.readable).text();
  ok(answer.startsWith("HTTP/1.1 405 "), answer);
});

Deno.test("openApi() tells how a text model is asked to go on, and that it streams", async () => {
  class Echo extends TextModel {
    override generate({ text_input }: GenerateRequest): string {
      return text_input;
    }
  }
  const document = await describe(serving("texts").addModel("echo", Echo));
  const post = (word: string) => at(document, "paths", `/v2/models/echo/${word}`, "post");
  for (const word of ["generate", "generate_stream"]) {
    deepStrictEqual(post(word).requestBody.content["application/json"].schema.required, ["text_input"]);
  }
  deepStrictEqual(Object.keys(post("generate").responses["200"].content), ["application/json"]);
  deepStrictEqual(Object.keys(post("generate_stream").responses["200"].content), ["text/event-stream"]);
});

Deno.test("openApi() has with each operation every status that the server refuses with by itself", async () => {
  const document = await describe(serving("twice").addModel("twice", Twice));
  const refusals = ["400", "408", "413", "414", "431", "500", "503", "504"];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(item)) {
      deepStrictEqual(refusals.filter((status) => !(status in responses)), [], `${method} ${path}`);
      const known = [...refusals, "200", "204", "404", "405", "422", "default"];
      deepStrictEqual(Object.keys(responses).filter((status) => !known.includes(status)), [], `${method} ${path}`);
    }
  }
});

Deno.test("openApi() tells a schema that calls itself, text, and what comes in chunks as they are sent", async () => {
  interface Tree {
    readonly kids: readonly Tree[];
  }
  const tree: z.ZodType<Tree> = z.lazy(() => z.object({ kids: z.array(tree) }));
  const fn = serving("trees");
  fn.setTopology("flow", { input: tree, output: z.string() }).to("leaf", () => "leaf").respond();
  const document = await describe(fn);
  const post = at(document, "paths", "/", "post");
  deepStrictEqual(post.requestBody.content["application/json"].schema, { $ref: "#/components/schemas/Request" });
  deepStrictEqual(at(document, "components", "schemas", "Request", "properties", "kids", "items"), {
    $ref: "#/components/schemas/Request",
  });
  deepStrictEqual(post.responses["200"].content, { "text/plain": { schema: { type: "string" } } });
  const chunks = serving("chunks");
  chunks.setTopology("flow", { input: z.unknown(), output: z.object({ n: z.number() }) }).to("count", function* () {
    yield { n: 1 };
  }).respond();
  const { content } = at(await describe(chunks), "paths", "/", "post", "responses", "200");
  deepStrictEqual(Object.keys(content), ["application/x-ndjson", "text/event-stream"]);
});
