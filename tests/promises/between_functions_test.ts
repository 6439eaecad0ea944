/** One graph, several functions, each in a process of its own: what stays the same between them, and what each of them does alone. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import type { Stream, StreamRecord } from "../../lib/streams/stream.ts";
import { startServe } from "../support/serve_process.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const JSON_TYPE = { "content-type": "application/json" };
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** The functions of a module, each in a process. */
async function serveApart(code: string, functions: readonly string[], env: Record<string, string> = {}) {
  const folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  const all = { LEVADA_STATE: folder.path, ...env };
  const started = functions.map((name) => startServe([module, "--function", name], { env: all }));
  const stop = async () => {
    for (const server of started) await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  try {
    return {
      folder: folder.path,
      servers: started,
      urls: await Promise.all(started.map(({ url }) => url)),
      open: <Body>(path: string) => openLocal<Body>(path, { folder: join(folder.path, "streams") }),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function take<Body>(stream: Stream<Body>, count: number, group = "test"): Promise<StreamRecord<Body>[]> {
  const records: StreamRecord<Body>[] = [];
  await using subscription = await stream.subscribe({ group });
  for await (const delivery of subscription) {
    records.push(...delivery.records);
    await delivery.ack();
    if (records.length >= count) break;
  }
  return records;
}

const LINE = `import { queue, serving, StatusError } from "levada";
class Heavy {
  constructor() {
    Deno.writeTextFileSync(Deno.env.get("LEVADA_STATE") + "/heavy-" + Deno.pid, "");
  }
  do(body) {
    if (body.n === 2) throw new StatusError(422, "two is too much");
    return { ...body, heavy: Deno.pid };
  }
}
const fn = serving("line", { errorStream: "local://errors" }).addChildFunction("mid")
  .addChildFunction("last", { errorStream: "local://last-errors" });
fn.setTopology("flow")
  .to("first", (body) => {
    if (body.n === 1) throw new RangeError("one is too little");
    return { ...body, at: new Date(7) };
  })
  .to("q1", queue())
  .to("heavy", Heavy, { function: "mid" })
  .to("q2", queue())
  .to("end", (event) => {
    if (event.body.n === 3) throw new StatusError(400, "three");
    const { id, key, path, time, headers } = event;
    return { id, key, path, time, trace: headers.get("traceparent"), mine: headers.get("x-mine"), secret: headers.get("authorization"), body: event.body, pid: Deno.pid };
  }, { fullEvent: true, function: "last" })
  .to("out", queue({ path: "local://out" }));
export default fn;
`;

Deno.test("id, key, path, time, headers and trace cross every queue; each process runs its part alone; failures go to the error streams", async () => {
  await using apart = await serveApart(LINE, ["line", "mid", "last"]);
  const [url] = apart.urls;
  const [, mid, last] = apart.servers;
  const send = (n: number) =>
    fetch(`${url}/orders/${n}`, {
      method: "POST",
      body: JSON.stringify({ n }),
      headers: {
        ...JSON_TYPE,
        "mlrun-event-id": `e${n}`,
        traceparent: TRACE,
        "x-mine": "1",
        authorization: "Bearer secret",
      },
    }).then(async (reply) => [reply.status, await reply.text()]);
  const before = Date.now();
  for (const n of [0, 1, 2, 3, 4]) await send(n);
  await using out = await apart.open<Record<string, unknown>>("local://out");
  const records = await take(out, 2);
  deepStrictEqual(
    records.map(({ body: { time: _, ...body } }) => body),
    [0, 4].map((n) => ({
      id: `e${n}`,
      key: undefined,
      path: `/orders/${n}`,
      trace: TRACE,
      mine: "1",
      secret: null,
      body: { n, at: new Date(7), heavy: mid!.pid },
      pid: last!.pid,
    })),
  );
  for (const { id, path, headers, body: { time } } of records) {
    ok(time instanceof Date && Number(time) >= before && Number(time) <= Date.now());
    deepStrictEqual([id.slice(0, 1), path?.slice(0, 8), headers.get("traceparent")], ["e", "/orders/", TRACE]);
  }
  const built = [...Deno.readDirSync(apart.folder)].filter(({ name }) => name.startsWith("heavy-")).map(({ name }) =>
    name
  );
  deepStrictEqual(built, [`heavy-${mid!.pid}`], "no other process makes what its steps do not need");

  await using errors = await apart.open<Record<string, unknown>>("local://errors");
  const told = (await take(errors, 2)).map(({ body, time, headers }) => {
    strictEqual(headers.get("traceparent"), TRACE);
    const { error, ...rest } = body as { error: { name: string; message: string } };
    ok(Number(time) >= before);
    return { ...rest, error: `${error.name}: ${error.message}` };
  });
  deepStrictEqual(told.toSorted((one, other) => one.error.localeCompare(other.error)), [
    {
      function: "line",
      kind: "failed",
      step: "first",
      event: { id: "e1", path: "/orders/1", body: { n: 1 } },
      error: "RangeError: one is too little",
    },
    {
      function: "mid",
      kind: "failed",
      step: "heavy",
      event: { id: "e2", path: "/orders/2", body: { n: 2, at: new Date(7) } },
      error: "StatusError: two is too much",
    },
  ]);
  await using lastErrors = await apart.open<{ function: string; event: { id: string } }>("local://last-errors");
  deepStrictEqual((await take(lastErrors, 1)).map(({ body }) => [body.function, body.event.id]), [["last", "e3"]]);
});

const STANDS_STILL = `import { queue, serving } from "levada";
const fn = serving("still").addChildFunction("mid").addChildFunction("last");
fn.addTrigger("in", { stream: "local://in" });
fn.setTopology("flow", { maxInFlight: 20 })
  .to("first", (n) => n)
  .to("q1", queue({ capacityEvents: 10 }))
  .to("second", (n) => n, { function: "mid" })
  .to("q2", queue({ capacityEvents: 10 }))
  .to("wait", async (n) => {
    while (!(await Deno.stat(Deno.env.get("LEVADA_STATE") + "/go").then(() => true, () => false))) {
      await new Promise((look) => setTimeout(look, 20));
    }
    return n;
  }, { function: "last" })
  .to("out", queue({ path: "local://out" }));
export default fn;
`;

Deno.test("a function that stands still lets every function before it wait, back to the first source; then nothing is missing", async () => {
  const COUNT = 1_000;
  await using apart = await serveApart(STANDS_STILL, ["still", "mid", "last"]);
  await using source = await apart.open<number>("local://in");
  await using q1 = await apart.open<number>("local://still/q1");
  await using q2 = await apart.open<number>("local://still/q2");
  await source.publish(Array.from({ length: COUNT }, (_, n) => ({ body: n, key: `k${n % 5}`, id: `r${n}` })));
  const lags = async () => [await source.lag("still"), await q1.lag("still-mid"), await q2.lag("still-last")] as const;
  const CAPACITY = 10; // of each stream; as much again waits in each queue, and so much is under way in each function
  const IN_HAND = 20 + 100; // maxInFlight, and one delivery
  let [left, first, second] = await lags();
  while (first < CAPACITY || second < CAPACITY) {
    await new Promise((look) => setTimeout(look, 20));
    [left, first, second] = await lags();
  }
  for (let look = 0; look < 25; look++) { // who does not wait goes on meanwhile
    [left, first, second] = await lags();
    ok(first <= CAPACITY + IN_HAND && second <= CAPACITY + IN_HAND, `${first} wait in q1, ${second} in q2`);
    ok(left >= COUNT - 3 * (CAPACITY + IN_HAND), `${left} of ${COUNT} are left in the source`);
    await new Promise((look) => setTimeout(look, 20));
  }
  await Deno.writeTextFile(join(apart.folder, "go"), "");
  await using out = await apart.open<number>("local://out");
  const records = await take(out, COUNT);
  strictEqual(new Set(records.map(({ body }) => body)).size, COUNT);
  ok(records.every(({ key, body, id }) => key === `k${body % 5}` && id === `r${body}`));
  const newest = new Map<string, number>();
  for (const { key, body, tries } of records) {
    if (tries === 1) ok(body > (newest.get(key!) ?? -1), `${body} of ${key} comes after a later one`);
    newest.set(key!, body);
  }
});

Deno.test("a reply cannot cross a queue: the process whose callers would wait for it does not start, and says why", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(
    module,
    `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("billing");
fn.setTopology("flow").to("total", (n) => n * 2).to("orders", queue()).to("bill", (n) => n + 1, { function: "billing" }).respond();
export default fn;
`,
  );
  const env = { LEVADA_STATE: folder.path };
  await using shop = startServe([module, "--function", "shop"], { env });
  await using billing = startServe([module, "--function", "billing"], { env });
  await using whole = startServe([module], { env });
  strictEqual(await shop.code, 1);
  match(
    shop.err(),
    /step "bill": it answers the caller, but runs in function "billing" behind queue "orders": a reply cannot cross a queue to another function\. Call respond\(\) on a step before the queue/,
  );
  const ask = async (url: string) => await (await fetch(url, { method: "POST", body: "1", headers: JSON_TYPE })).json();
  deepStrictEqual([await ask(await billing.url), await ask(await whole.url)], [2, 3]);
  await whole.wrote(/it answers the caller only while all functions run in one process/);
});

Deno.test("an error stream within one process is refused where a function runs by itself", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, LINE.replace("local://errors", "memory://errors"));
  await using line = startServe([module, "--function", "line"], { env: { LEVADA_STATE: folder.path } });
  strictEqual(await line.code, 1);
  match(line.err(), /errorStream: memory:\/\/errors is a stream within one process, and nobody else can read it/);
});
