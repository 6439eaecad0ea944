/** The way of a request, file by file: a new hop is a visible change here. The way of a cell is in `unit/kernel/session`. */

import { deepStrictEqual } from "node:assert/strict";
import { serving } from "levada";

const LIB = new URL("../lib/", import.meta.url).href;

/** The files of the library that lead to this call, the outermost first, each once in a row. */
function wayHere(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = stackTraceLimit;
  const files = stack.split("\n").flatMap((line) => line.split(LIB)[1]?.replace(/:.*$/s, "") ?? []).reverse();
  return files.filter((file, index) => file !== files[index - 1]);
}

/** Sends a request through a flow of two steps; each place that the caller's own code sees notes how it was reached. */
async function hopsOf(
  first: (size: number) => unknown,
  options: { observe?: () => void } = {},
): Promise<Record<string, string[]>> {
  const hops: Record<string, string[]> = {};
  const fn = serving("hops");
  fn.setTopology("flow")
    .to("first", (body: { size: number }) => {
      hops["a step is called"] = wayHere();
      return first(body.size);
    })
    .to("second", () => {
      hops["the next step is called"] = wayHere();
      return { toJSON: () => (hops["the reply is written"] = wayHere(), "done") };
    })
    .respond();
  await using server = await fn.toMockServer(options);
  const request = new Request("http://mock/", {
    method: "POST",
    body: '{"size": 4}',
    headers: { "content-type": "application/json" },
  });
  const read = request.bytes.bind(request);
  request.bytes = () => (hops["the body is read"] = wayHere(), read());
  deepStrictEqual(await (await server.fetch(request)).json(), "done");
  return hops;
}

const READ = ["serve/mock_server.ts", "serve/app.ts", "serve/body/decode_body.ts"];
const STRAIGHT = ["serve/app.ts", "flow/flow.ts", "flow/straight.ts", "flow/unrolled.ts"];
const WALKED = [
  "serve/app.ts",
  "flow/flow.ts",
  "flow/begin.ts",
  "flow/walk.ts",
  "flow/work.ts",
  "flow/walk.ts",
  "graph/task.ts",
];
const WRITTEN = [
  "serve/app.ts",
  "serve/reply/encode_outcome.ts",
  "serve/reply/encode_reply.ts",
  "protocol/json_text.ts",
];

Deno.test("MockServer.fetch() takes a request of a plain chain the short way, and to the next step through no other hops", async () => {
  deepStrictEqual(await hopsOf((size) => size), {
    "the body is read": READ,
    "a step is called": STRAIGHT,
    "the next step is called": STRAIGHT,
    "the reply is written": WRITTEN,
  });
});

Deno.test("MockServer.fetch() takes a request that somebody watches through these hops", async () => {
  deepStrictEqual(await hopsOf((size) => size, { observe() {} }), {
    "the body is read": READ,
    "a step is called": WALKED,
    "the next step is called": WALKED,
    "the reply is written": WRITTEN,
  });
});

Deno.test("MockServer.fetch() takes a request on from a step that was waited for through these hops", async () => {
  deepStrictEqual(await hopsOf((size) => Promise.resolve(size)), {
    "the body is read": READ,
    "a step is called": STRAIGHT,
    "the next step is called": [
      "flow/walk.ts",
      "flow/gate.ts",
      "flow/walk.ts",
      "flow/work.ts",
      "flow/walk.ts",
      "graph/task.ts",
    ],
    "the reply is written": WRITTEN,
  });
});
