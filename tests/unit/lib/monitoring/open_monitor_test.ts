/** Tracking as a user sees it: from `setTracking` to a file or a stream. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { ModelServer } from "../../../../lib/models/model_server.ts";
import type { InferRequest } from "../../../../lib/protocol/reply.ts";
import { votingEnsemble } from "../../../../lib/routers/voting_ensemble.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { Moody } from "../../../support/hosted_models.ts";
import { openTelemetry } from "../../../../lib/telemetry/telemetry.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

class Times extends ModelServer {
  async predict({ inputs }: InferRequest): Promise<number[]> {
    await Promise.resolve();
    this.metric("rows", inputs.length);
    return inputs.map((n) => {
      if (n === "boom") throw new Error("model boom");
      if (n === "bad") throw new StatusError(422, "not that");
      return Number(n) * this.param("by", 1);
    });
  }
}

Deno.test("setTracking() writes a line a request, and nothing of its headers and parameters", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/records.jsonl`;
  const fn = serving("tracked").addModel("two", Times, { by: 2, labels: { team: "a" }, modelEndpointUid: "u" });
  fn.setTracking(path);
  const server = await fn.toMockServer();
  const headers = { authorization: "Bearer s3cret", cookie: "s3cret" };
  const body = { id: "r1", inputs: [3, 4], parameters: { token: "s3cret" }, token: "s3cret" };
  await server.test("/v2/models/two/infer", body, { headers });
  await server.waitForCompletion();
  const text = await Deno.readTextFile(path);
  strictEqual(text.includes("s3cret"), false);
  const { when, microsec, host, resp: { timestamp, ...resp }, ...record } = JSON.parse(text);
  match(when, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  ok(microsec >= 0 && typeof host === "string" && timestamp >= when);
  deepStrictEqual(record, {
    class: "Times",
    worker: 0,
    model: "two",
    function_uri: "tracked",
    endpoint_id: "u",
    sampling_percentage: 100,
    labels: { team: "a" },
    request: { id: "r1", inputs: [[3], [4]] },
    op: "infer",
    metrics: { rows: 2 },
    effective_sample_count: 2,
  });
  deepStrictEqual(resp, { id: "r1", model_name: "two", outputs: [6, 8], model_endpoint_uid: "u" });
});

Deno.test("setTracking() tells of a model's failures, not of requests that are wrong", async () => {
  const fn = serving("tracked").addModel("two", Times, { by: 2 }).setTracking("dummy://");
  await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  for (const inputs of [["boom"], ["bad"], 5]) {
    await server.test("/v2/models/two/infer", { inputs }, { silent: true });
  }
  await server.test("/v2/models/two/explain", { inputs: [1] }, { silent: true });
  deepStrictEqual(server.tracked().map(({ request, error }) => [request.inputs, error]), [[[["boom"]], "model boom"]]);
});

Deno.test("setTracking() reads requests of tensors as rows", async () => {
  const fn = serving("tracked").addModel("two", Times, { by: 2 }).setTracking("dummy://");
  await using server = await fn.toMockServer();
  const inputs = [{ name: "x", shape: [2], datatype: "INT32", data: [3, 4] }];
  await server.test("/v2/models/two/infer", { id: "t1", inputs });
  const [record] = server.tracked();
  deepStrictEqual([record.request, record.resp.outputs, record.op], [
    { id: "t1", inputs: [[3], [4]] },
    [6, 8],
    "infer",
  ]);
});

Deno.test("setTracking() keeps what a model says in place of what it was asked, or nothing", async () => {
  class Chooses extends Times {
    override loggedResults({ inputs }: InferRequest, reply: unknown, operation: string) {
      if (inputs[0] === 0) return null;
      if (inputs[0] === 1) throw new Error("cannot say");
      return { inputs: [["chosen"]], outputs: [[operation, (reply as { outputs: number[] }).outputs[0]]] };
    }
  }
  const fn = serving("tracked").addModel("two", Chooses, { by: 2 }).setTracking("dummy://");
  await using server = await fn.toMockServer();
  for (const n of [0, 1, 5]) await server.test("/v2/models/two/infer", { inputs: [n] });
  deepStrictEqual(server.tracked().map(({ request, resp, left_out }) => [request.inputs, resp, left_out]), [
    [undefined, undefined, "loggedResults failed: cannot say"],
    [[["chosen"]], { outputs: [["infer", 10]] }, undefined],
  ]);
});

Deno.test("setTracking() tells of an ensemble and of its members, in a stream that others read", async () => {
  const path = `memory://tracked-${crypto.randomUUID()}`;
  await using records = await openStream<{ model: string; resp: { outputs: number[] } }>(path);
  await using reader = await records.subscribe({ group: "monitoring" });
  const fn = serving("tracked");
  fn.setTopology("router", votingEnsemble({ name: "both", voteType: "regression", modelEndpointUid: "e" }))
    .addRoute("two", Times, { by: 2 }).addRoute("four", Times, { by: 4 });
  fn.setTracking(path);
  const server = await fn.toMockServer();
  const reply = await server.test("/v2/models/infer", { inputs: [1] });
  strictEqual(reply.model_endpoint_uid, "e");
  const inputs = [{ name: "x", shape: [2], datatype: "FP64", data: [1, 2] }];
  const voted = await server.test("/v2/models/infer", { id: "t", inputs });
  deepStrictEqual(voted.outputs[0].data, [3, 6]);
  const { request, resp } = server.tracked().at(-1);
  deepStrictEqual([request, resp.outputs], [{ id: "t", inputs: [[1], [2]] }, [3, 6]]);
  await server.waitForCompletion();
  const seen: unknown[] = [];
  for await (const delivery of reader) {
    for (const { key, body } of delivery.records) seen.push([key, body.model, body.resp.outputs]);
    await delivery.ack();
    if (seen.length === 6) break;
  }
  deepStrictEqual(seen.sort(), [
    ["e", "both", [3]],
    ["e", "both", [3, 6]],
    ["tracked/four", "four", [4]],
    ["tracked/four", "four", [4, 8]],
    ["tracked/two", "two", [2]],
    ["tracked/two", "two", [2, 4]],
  ]);
});

Deno.test("setTracking() with a stream of no kind that there is fails where the function starts", async () => {
  const fn = serving("tracked").addModel("two", Times).setTracking("kafka4://records");
  await rejects(fn.toMockServer(), /Cannot open stream "kafka4:\/\/records"/);
});

Deno.test("setTracking() tells of models that run in workers as of those that run inline", async () => {
  const fn = serving("tracked");
  const router = fn.setTopology("router").addRoute("calm", Moody, { k: 10 });
  router.addRoute("moody", Moody, { mechanism: { kind: "worker", timeLimitMs: 20_000 }, k: 2, labels: { team: "b" } });
  fn.setTracking("dummy://");
  await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  for (const model of ["calm", "moody"]) {
    await server.test(`/v2/models/${model}/infer`, { inputs: [3] });
    await server.test(`/v2/models/${model}/infer`, { wrong: [3] }, { silent: true });
    await server.test(`/v2/models/${model}/ready`, undefined, { silent: true });
  }
  const tensor = { name: "x", shape: [1, 1], datatype: "INT32", data: [4] };
  await server.test("/v2/models/moody/infer", { inputs: [tensor] });
  deepStrictEqual(
    server.tracked().map((
      { class: name, model, labels, request, resp },
    ) => [name, model, labels, request.inputs, resp.outputs]),
    [
      ["Moody", "calm", undefined, [[3]], [30]],
      ["Moody", "moody", { team: "b" }, [[3]], [6]],
      ["Moody", "moody", { team: "b" }, [[4]], [8]],
    ],
  );
});

Deno.test("setTracking() into a file that cannot be written stops the start, and says what would help", async () => {
  await using folder = await temporaryFolder();
  const fn = serving("tracked").addModel("two", Times).setTracking(folder.path);
  await rejects(fn.toMockServer(), {
    name: "DataError",
    message: /^Cannot track models in ".*": Cannot append to .*--allow-write of its folder/,
  });
});

Deno.test("setTracking() counts the records that are lost in the function's metrics", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/deep/records.jsonl`;
  const fn = serving("tracked").addModel("two", Times).setTracking(path);
  const telemetry = await openTelemetry();
  const server = await fn.toMockServer({ telemetry, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const lost = async () =>
    /levada_model_records_lost_total\{function="tracked"\} (\d+)/.exec((await telemetry.text()).text)?.[1];
  strictEqual(await lost(), "0");
  await Deno.remove(`${folder.path}/deep`, { recursive: true });
  await Deno.writeTextFile(`${folder.path}/deep`, "no folder any more");
  await server.test("/v2/models/two/infer", { inputs: [1] });
  await server[Symbol.asyncDispose]();
  strictEqual(await lost(), "1");
});
