import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { serving, TensorReply } from "levada";
import { z } from "zod";
import { outputCheck } from "../../../../lib/flow/check_output.ts";

const ROW = z.object({ n: z.number() });
const log = { debug() {}, info() {}, warn() {}, error() {} };

Deno.test("outputCheck() leaves out what the schema does not name, and refuses what does not fit by name", async () => {
  const check = outputCheck({ name: "f", output: ROW })!;
  deepStrictEqual(check({ n: 1, secret: "x" }), { n: 1 });
  throws(() => check({ n: "x" }), { name: "StepError", step: "output", message: /graph "f": n: Invalid input/ });
  throws(() => check("x"), { status: 500, message: /graph "f": body: / });
  const broken = ROW.refine(() => {
    throw new Error("no");
  });
  await rejects(async () => await outputCheck({ name: "f", output: broken })!({ n: 1 }), {
    step: "output",
    message: /no/,
  });
});

Deno.test("outputCheck() does not ask schemas that cannot read what they give", () => {
  const oneWay = [
    z.string().transform(Number),
    z.object({ list: z.array(z.preprocess(Number, z.number())) }),
    z.codec(z.string(), z.number(), { decode: Number, encode: String }),
    z.stringbool(),
  ];
  for (const output of oneWay) strictEqual(outputCheck({ name: "f", output }), undefined);
  for (const output of [z.string().trim(), z.coerce.number(), z.number().default(1), z.lazy(() => ROW)]) {
    strictEqual(outputCheck({ name: "f", output }) === undefined, false);
  }
  strictEqual(outputCheck({ name: "f", output: undefined }), undefined);
});

Deno.test("a function answers what its output says: replies and chunks; else 500", async () => {
  const fn = serving("rows");
  fn.setTopology("flow", { input: z.unknown(), output: ROW }).to("row", (body: unknown) => body as { n: number })
    .respond();
  await using server = await fn.toMockServer({ log });
  deepStrictEqual(await server.test("/", { n: 1, more: true }), { n: 1 });
  const wrong = await server.test("/", { n: "1" }, { silent: true });
  const { error, step } = await wrong.json();
  deepStrictEqual([wrong.status, step, /n: Invalid input/.test(error)], [500, "output", true]);

  const chunks = serving("chunks");
  chunks.setTopology("flow", { input: z.unknown(), output: ROW }).to("count", function* (ns: unknown) {
    for (const n of ns as number[]) yield { n, more: true };
  }).respond();
  await using streaming = await chunks.toMockServer({ log });
  const text = async (body: unknown) => await (await streaming.test("/", body, { silent: true })).text();
  strictEqual(await text([1, 2]), '{"n":1}\n{"n":2}\n');
  const [first, last] = (await text([1, "2"])).trim().split("\n").map((line) => JSON.parse(line));
  deepStrictEqual([first, last.status, last.step], [{ n: 1 }, 500, "output"]);
});

Deno.test("a reply that is written by other rules is not read by the output", async () => {
  const fn = serving("own");
  fn.setTopology("flow", { input: z.unknown(), output: ROW }).to(
    "row",
    (body: unknown) =>
      (body === "response"
        ? new Response("mine")
        : new TensorReply({ model_name: "m", id: "1", outputs: [] })) as never,
  )
    .respond();
  await using server = await fn.toMockServer({ log });
  strictEqual(await (await server.test("/", "response", { silent: true })).text(), "mine");
  deepStrictEqual(await server.test("/", "tensors"), { model_name: "m", id: "1", outputs: [] });
});
