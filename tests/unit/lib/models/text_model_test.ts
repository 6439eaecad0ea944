import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Context } from "../../../../lib/graph/context.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { type GeneratedPiece, type GenerateRequest, TextModel } from "../../../../lib/models/text_model.ts";

/** Says the words of the text, one after another, and what it was told. */
class Words extends TextModel {
  static stopped = Promise.withResolvers<string>();

  override async *generate(
    { text_input, parameters }: GenerateRequest,
    { signal }: Context,
  ): AsyncGenerator<GeneratedPiece> {
    try {
      for (const word of text_input.split(" ").filter(Boolean)) {
        if (word === "wait") {
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
        if (word === "boom") throw new Error("model boom");
        yield await Promise.resolve(word);
      }
      if (parameters?.details === true) yield { text_output: ".", finish_reason: "stop" };
    } finally {
      Words.stopped.resolve("stopped");
    }
  }
}

class AtOnce extends TextModel {
  override generate({ text_input }: GenerateRequest): string {
    return text_input.toUpperCase();
  }
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function open(options: { tracked?: boolean } = {}) {
  const fn = serving("texts").addModel("words:v2", Words).addModel("once", AtOnce);
  if (options.tracked === true) fn.setTracking("dummy://");
  return fn.toMockServer({ log: SILENT });
}

function events(text: string): unknown[] {
  return text.split("\n\n").filter(Boolean).map((event) =>
    event.startsWith("event: error")
      ? { failed: JSON.parse(event.split("data: ")[1]!) }
      : JSON.parse(event.slice("data: ".length))
  );
}

const URL = "/v2/models/words/versions/v2";

Deno.test("TextModel answers generate with the whole text, its version, and what the last piece says", async () => {
  await using server = await open();
  deepStrictEqual(
    await server.test(`${URL}/generate`, { id: "r1", text_input: "a b", parameters: { details: true } }),
    {
      finish_reason: "stop",
      model_name: "words",
      model_version: "v2",
      id: "r1",
      text_output: "ab.",
    },
  );
  deepStrictEqual(await server.test("/v2/models/once/generate", { text_input: "a" }, { eventId: "e" }), {
    model_name: "once",
    id: "e",
    text_output: "A",
  });
});

Deno.test("TextModel answers generate_stream with server-sent events, whatever is accepted, also for what is there at once", async () => {
  await using server = await open();
  const response = await server.test(`${URL}/generate_stream`, { text_input: "a b" }, {
    silent: true,
    eventId: "e",
    headers: { accept: "application/json" },
  });
  strictEqual(response.headers.get("content-type"), "text/event-stream");
  const head = { model_name: "words", model_version: "v2", id: "e" };
  deepStrictEqual(events(await response.text()), [{ ...head, text_output: "a" }, { ...head, text_output: "b" }]);
  const once = await server.test("/v2/models/once/generate_stream", { text_input: "a" });
  deepStrictEqual((events(once) as { text_output: string }[]).map(({ text_output }) => text_output), ["A"]);
  const none = await server.test(`${URL}/generate_stream`, { text_input: "" });
  deepStrictEqual((events(none) as { text_output: string }[]).map(({ text_output }) => text_output), [""]);
});

Deno.test("TextModel tells a failure behind the first piece in the stream, before it as an error", async () => {
  await using server = await open();
  const late = await server.test(`${URL}/generate_stream`, { text_input: "a boom" }, { eventId: "e" });
  const [, failed] = events(late) as [unknown, { failed: object }];
  deepStrictEqual(failed.failed, { error: "model boom", step: "modelRouter", id: "e", status: 500 });
  const early = await server.test(`${URL}/generate_stream`, { text_input: "boom" }, { silent: true });
  strictEqual(early.status, 500);
  strictEqual((await server.test(`${URL}/generate`, { text_input: "a boom" }, { silent: true })).status, 500);
});

Deno.test("TextModel stops generating when the caller leaves", async () => {
  await using server = await open();
  Words.stopped = Promise.withResolvers();
  const response = await server.test(`${URL}/generate_stream`, { text_input: "a wait" }, { silent: true });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  strictEqual(await Words.stopped.promise, "stopped");
});

Deno.test("TextModel refuses what is no text", async () => {
  await using server = await open();
  const wrong: [unknown, RegExp][] = [
    [{}, /no text "text_input"/],
    [{ text_input: 5 }, /no text "text_input"/],
    [{ text_input: "a", parameters: [1] }, /"parameters" is no object/],
    [{ text_input: "a", id: 5 }, /"id" is no text/],
    [[1], /the body is a list/],
    ["text", /the body is text/],
    [null, /the body is empty/],
  ];
  for (const operation of ["generate", "generate_stream"]) {
    for (const [body, why] of wrong) {
      const response = await server.test(`${URL}/${operation}`, body, { silent: true });
      strictEqual(response.status, 400);
      match((await response.json()).error, why);
    }
    strictEqual((await server.test(`${URL}/${operation}`, undefined, { silent: true })).status, 405);
  }
});

Deno.test("TextModel infers a text a row, in both dialects, and is tracked as text", async () => {
  await using server = await open({ tracked: true });
  deepStrictEqual((await server.test(`${URL}/infer`, { inputs: ["a b", "c"] })).outputs, ["ab", "c"]);
  const inputs = [{ name: "text", shape: [1], datatype: "BYTES", data: ["a b"] }];
  deepStrictEqual((await server.test(`${URL}/infer`, { inputs })).outputs[0].data, ["ab"]);
  deepStrictEqual((await server.test(`${URL}/infer_dict`, { inputs: [{ text_input: "a b" }] })).outputs, ["ab"]);
  const { inputs: takes, outputs: gives } = await server.test(URL);
  deepStrictEqual([takes[0].name, takes[0].datatype, gives[0].name], ["text_input", "BYTES", "text_output"]);
  strictEqual((await server.test(`${URL}/infer`, { inputs: [1] }, { silent: true })).status, 400);
  await server.test(`${URL}/generate`, { text_input: "d e" });
  await server.test(`${URL}/generate_stream`, { text_input: "f g" });
  await server.test(`${URL}/generate_stream`, { text_input: "h boom" });
  deepStrictEqual(
    server.tracked().map(({ op, request, resp, error }) => [op, request.inputs, resp?.outputs ?? error]),
    [
      ["infer", [["a b"], ["c"]], ["ab", "c"]],
      ["infer", [["a b"]], ["ab"]],
      ["infer", [["a b"]], ["ab"]],
      ["generate", [["d e"]], ["de"]],
      ["generate_stream", [["f g"]], ["fg"]],
      ["generate_stream", [["h boom"]], "model boom"],
    ],
  );
});
