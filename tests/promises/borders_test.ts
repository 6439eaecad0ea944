/** What crosses a border between two functions is what was sent, or is refused with a clear word: by queues, processes, HTTP. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type FlowEvent, ModelServer, queue, remote, remoteBatch, RemoteModel, serving, type Tensor } from "levada";
import type { TensorRequest } from "levada";
import { testBench } from "levada/testing";
import { isJson } from "../../lib/border/is_json.ts";
import { writeValue } from "../../lib/border/write_value.ts";
import { invokeFunction } from "../../lib/deploy/ask/invoke_function.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { CROSSING, REFUSED } from "../support/border_values.ts";
import { startServe } from "../support/serve_process.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const TITLES = Object.keys(CROSSING);
const LEVADA = "application/vnd.levada+json";
const MODELS = "a reply of tensors"; // over HTTP it is as the open protocol has it
const REPLIES = TITLES.filter((title) => title !== MODELS && title !== "undefined"); // a step that gives nothing passes its event on

Deno.test("a step behind a queue to another function gets what was passed on; what cannot cross fails where it was made", async () => {
  const seen = new Map<string, unknown>();
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow")
    .to("make", (title: string) => Object.hasOwn(REFUSED, title) ? REFUSED[title]![0] : CROSSING[title])
    .to("q", queue({ path: "memory://borders" }))
    .to("look", ({ id, body }: FlowEvent) => void seen.set(id, body), { fullEvent: true, function: "child" });
  await using bench = await testBench(fn);
  for (const title of TITLES) {
    await bench.send(title, { id: title });
    ok(seen.has(title), `${title}: ${bench.lines.at(-1)}`);
    deepStrictEqual(seen.get(title), CROSSING[title], title);
  }
  deepStrictEqual(bench.lines, []);
  for (const [title, [, said]] of Object.entries(REFUSED)) {
    await bench.send(title, { id: title });
    match(bench.lines.at(-1)!, said);
    match(bench.lines.at(-1)!, /^error: Step "q" failed: Cannot publish the body: \$/);
  }
  deepStrictEqual([seen.size, bench.lines.length], [TITLES.length, Object.keys(REFUSED).length]);
});

const PROCESSES = `import { deepStrictEqual } from "node:assert/strict";
import { queue, serving } from "levada";
import { CROSSING } from "${new URL("../support/border_values.ts", import.meta.url)}";
const fn = serving("parent").addChildFunction("child");
fn.setTopology("flow")
  .to("make", (title: string) => CROSSING[title])
  .to("q", queue())
  .to("look", (event) => {
    deepStrictEqual(event.body, CROSSING[event.id], event.id);
    return { title: event.id, pid: Deno.pid };
  }, { fullEvent: true, function: "child" })
  .to("seen", queue({ path: "local://seen" }));
export default fn;
`;

Deno.test("another process behind local:// gets what was passed on", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "borders.ts");
  await Deno.writeTextFile(module, PROCESSES);
  const env = { LEVADA_STATE: folder.path };
  await using parent = startServe([module, "--function", "parent"], { env });
  await using child = startServe([module, "--function", "child"], { env });
  const url = await parent.url;
  await child.url;
  for (const title of TITLES) {
    const reply = await fetch(url, {
      method: "POST",
      body: title,
      headers: { "mlrun-event-id": title, "content-type": "text/plain" },
    });
    strictEqual(reply.ok, true, await reply.text());
  }
  await using seen = await openLocal<{ title: string; pid: number }>("local://seen", {
    folder: join(folder.path, "streams"),
  });
  const got = new Set<string>();
  for await (const delivery of await seen.subscribe({ group: "test" })) {
    for (const { body: { title, pid } } of delivery) {
      got.add(title);
      strictEqual(pid, child.pid);
    }
    await delivery.ack();
    if (got.size === TITLES.length) break;
  }
  deepStrictEqual([...got].sort(), TITLES.toSorted());
});

/** A function at a port that gives back what it gets, or what has a title; it keeps what it saw. */
async function serveEcho() {
  const seen: unknown[] = [];
  const fn = serving("echo");
  fn.setTopology("flow").to("echo", ({ path, body }: FlowEvent) => {
    seen.push(body);
    return path === "/" ? body : CROSSING[decodeURIComponent(path.slice(1))];
  }, { fullEvent: true }).respond();
  const server = await fn.serve({ port: 0 });
  return { url: server.url, seen, [Symbol.asyncDispose]: () => server.close() };
}

function asking(options: { form?: "levada" | "json"; path?: (body: unknown) => string }, url: string) {
  const fn = serving("asking");
  const { path, ...rest } = options;
  fn.setTopology("flow").to(
    "ask",
    remote<unknown>({
      url: (body) => path === undefined ? url : `${url}/${path(body)}`,
      method: "POST",
      ...rest,
    }),
    { retries: 0 },
  ).respond();
  return fn.start();
}

Deno.test('remote({ form: "levada" }) sends what it has and gets what was made; so does remoteBatch()', async () => {
  await using echo = await serveEcho();
  await using flow = await asking({ form: "levada" }, echo.url);
  for (const title of TITLES) {
    const reply = await flow.ask(CROSSING[title]);
    deepStrictEqual(echo.seen.at(-1), CROSSING[title], title);
    if (title !== MODELS) deepStrictEqual(reply, CROSSING[title], title);
  }
  for (const [value, said] of Object.values(REFUSED)) await rejects(flow.ask(value), said);
  strictEqual(echo.seen.length, TITLES.length);
  const fn = serving("batch");
  fn.setTopology("flow").to("ask", remoteBatch({ url: echo.url, method: "POST", form: "levada" })).respond();
  await using batch = await fn.start();
  const values = REPLIES.map((title) => CROSSING[title]);
  deepStrictEqual(await batch.ask(values), values);
});

Deno.test("remote() sends JSON and refuses what it has no word for, and gets what was made", async () => {
  await using echo = await serveEcho();
  await using flow = await asking({}, echo.url);
  for (const title of REPLIES.filter((title) => title !== "a request of tensors")) {
    const value = CROSSING[title];
    const before = echo.seen.length;
    if (isJson(value) || writeValue(value, "look").isJson || value instanceof Uint8Array) {
      deepStrictEqual(await flow.ask(value), value, title);
      deepStrictEqual(echo.seen.at(-1), value, title);
    } else if (title === "undefined in an object") {
      deepStrictEqual([await flow.ask(value), echo.seen.at(-1)], [{}, {}]);
    } else {
      await rejects(
        flow.ask(value),
        /Cannot send the body as JSON: \$.* which JSON has no word for\. Say form: "levada"/,
        title,
      );
      strictEqual(echo.seen.length, before);
    }
  }
  await rejects(flow.ask("\ud800"), /Cannot send the body as text: its letter .* is half of a surrogate pair/);
  await using made = await asking({ path: (title) => encodeURIComponent(String(title)) }, echo.url);
  for (const title of REPLIES) deepStrictEqual(await made.ask(title), CROSSING[title], title);
});

Deno.test('remote({ form: "json" }) sends what other services read: dates as text, typed arrays as lists', async () => {
  await using echo = await serveEcho();
  await using flow = await asking({ form: "json" }, echo.url);
  const value = { at: new Date(0), data: new Float32Array([0.5]), n: 5n, note: undefined };
  deepStrictEqual(await flow.ask(value), { at: "1970-01-01T00:00:00.000Z", data: [0.5], n: 5 });
});

Deno.test("a caller who does not ask for Levada's words gets JSON, or is told what is none", async () => {
  await using echo = await serveEcho();
  const ask = async (title: string, accept: string) => {
    const reply = await fetch(`${echo.url}/${encodeURIComponent(title)}`, { method: "POST", headers: { accept } });
    return [reply.status, reply.headers.get("content-type"), await reply.text()];
  };
  for (const accept of ["*/*", "application/json", `${LEVADA};q=0, */*`]) {
    deepStrictEqual(await ask("a date", accept), [200, "application/json", '{"when":"2009-02-13T23:31:30.123Z"}']);
    match(String((await ask("a set", accept))[2]), /Cannot send the reply as JSON: it is a Set/);
  }
  for (const accept of [LEVADA, `text/html, ${LEVADA};q=0.5`]) {
    deepStrictEqual(await ask("a date", accept), [200, LEVADA, '{"when":{"$date":"2009-02-13T23:31:30.123Z"}}']);
    deepStrictEqual((await ask("plain JSON", accept))[1], "application/json");
  }
  const post = async (body: string) => {
    const reply = await fetch(echo.url, { method: "POST", body, headers: { "content-type": LEVADA } });
    return [reply.status, await reply.text()];
  };
  match(
    (await post('{"$hour":1}')).join(" "),
    /^400 .*it has \\"\$hour\\", which is none of Levada's words, or a newer one's/,
  );
  match((await post("[".repeat(600) + "]".repeat(600))).join(" "), /^400 .*more than 500 levels deep/);
  const many = { at: Array(40_000).fill({ $date: "1970-01-01T00:00:00.000Z" }) }; // long bodies are read in slices
  strictEqual((await post(JSON.stringify(many)))[0], 200);
  deepStrictEqual(echo.seen.at(-1), { at: Array(40_000).fill(new Date(0)) });
});

Deno.test("a function that is deployed is invoked with what is given, and its reply is what it made", async () => {
  await using echo = await serveEcho();
  const invoke = (path: string, body: unknown) => invokeFunction("echo", { url: echo.url }, { path, body });
  for (const title of TITLES) {
    const reply = await invoke("/", CROSSING[title]);
    deepStrictEqual(echo.seen.at(-1), CROSSING[title], title);
    if (title !== MODELS && title !== "undefined") deepStrictEqual(reply, CROSSING[title], title);
  }
  for (const title of REPLIES) {
    deepStrictEqual(await invoke(`/${encodeURIComponent(title)}`, 1), CROSSING[title], title);
  }
  for (const [value, said] of Object.values(REFUSED)) await rejects(invoke("/", value), said);
});

Deno.test("MockServer.test() refuses what callers cannot send as JSON, and sends it as a function of Levada does where it is told to", async () => {
  const fn = serving("mock");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await using server = await fn.toMockServer();
  await rejects(
    server.test("/", { at: new Date(0) }),
    /Cannot test \/ as JSON: \$\.at is a Date, which JSON has no word for\. Send what/,
  );
  const options = { contentType: LEVADA, headers: { accept: LEVADA } };
  for (
    const title of TITLES.filter((title) => title !== MODELS && title !== "bytes" && title !== "undefined")
  ) {
    deepStrictEqual(await server.test("/", CROSSING[title], options), CROSSING[title], title);
  }
});

class Same extends ModelServer {
  predict(): unknown[] {
    return [];
  }

  override predictTensors({ inputs }: TensorRequest): readonly Tensor[] {
    return inputs;
  }
}

Deno.test("a model elsewhere gets the tensors that were sent, and gives what it answers: RemoteModel as bytes, remote() exact integers", async () => {
  const far = serving("far");
  far.setTopology("router").addRoute("same", Same);
  await using server = await far.serve({ port: 0 });
  const near = serving("near");
  near.setTopology("router").addRoute("same", RemoteModel, { url: server.url });
  const { inputs } = CROSSING["a request of tensors"] as TensorRequest;
  const sent = inputs.filter(({ datatype }) => datatype !== "BYTES").map(({ name, ...rest }) => ({
    name,
    ...rest,
    parameters: undefined,
  }));
  await using flow = await near.start();
  const reply = await flow.ask({ inputs: sent }, { path: "/v2/models/same/infer" });
  deepStrictEqual(
    reply.outputs.map(({ name, datatype, shape, data }: Tensor) => ({ name, datatype, shape, data })),
    sent.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data })),
  );
  const fn = serving("asking");
  fn.setTopology("flow").to("ask", remote({ url: `${server.url}/v2/models/same/infer`, method: "POST" })).respond();
  await using asked = await fn.start();
  const wide = inputs.filter(({ datatype }) => datatype === "INT64" || datatype === "UINT64").map((tensor) =>
    tensor.named(tensor.name)
  );
  const answer = await asked.ask({
    inputs: wide.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data })),
  }) as {
    outputs: { data: unknown }[];
  };
  deepStrictEqual(answer.outputs.map(({ data }) => data), wide.map((tensor) => tensor.values()));
  const told = await invokeFunction("far", { url: server.url }, {
    path: "/v2/models/same/infer",
    body: { inputs: wide },
  });
  deepStrictEqual((told as typeof answer).outputs.map(({ data }) => data), wide.map((tensor) => tensor.values()));
});
