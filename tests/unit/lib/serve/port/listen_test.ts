import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { ListenError, serving } from "levada";
import { SELF_SIGNED } from "../../../../support/loopback.ts";
import { RawConnection } from "../../../../support/raw_http.ts";

const POST = { method: "POST", body: "1", headers: { "content-type": "application/json" } };
const log = { debug() {}, info() {}, warn() {}, error() {} };

Deno.test("HttpServer.close() answers what has been accepted, and takes no more", async () => {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const fn = serving("slow");
  fn.setTopology("flow").to("wait", async (body: unknown) => {
    begun.resolve();
    await go.promise;
    return { body };
  }).respond();
  const server = await fn.serve({ port: 0, log });
  const answer = fetch(server.url, POST);
  await begun.promise;
  const closed = server.close();
  strictEqual(server.close(), closed);
  await rejects(fetch(server.url));
  go.resolve();
  deepStrictEqual(await (await answer).json(), { body: 1 });
  await closed;
});

Deno.test("HttpServer.close() cuts off what takes longer than the grace", async () => {
  const begun = Promise.withResolvers<void>();
  const fn = serving("stuck");
  fn.setTopology("flow").to("wait", () => {
    begun.resolve();
    return new Promise(() => {});
  }).respond();
  const server = await fn.serve({ port: 0, log });
  const answer = fetch(server.url, POST);
  await begun.promise;
  await rejects(server.close({ graceMs: 5 }), /gave up|given up|wait/);
  strictEqual((await answer).status, 503);
  await (await answer).body?.cancel();
});

Deno.test("fn.serve() says what is wrong with an address before it loads anything", async () => {
  let isLoaded = false;
  class Model {
    constructor() {
      isLoaded = true;
    }
    do() {}
  }
  const fn = serving("fn");
  fn.addModel("m", Model);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = taken.addr.port;
  await rejects(
    fn.serve({ port }),
    (error) =>
      error instanceof ListenError &&
      error.message.startsWith(`Cannot serve "fn" on 127.0.0.1:${port}: another program`),
  );
  await rejects(fn.serve({ hostname: "203.0.113.1", port: 0 }), /this machine has no address 203\.0\.113\.1/);
  await rejects(
    fn.serve({ hostname: "", port: 0 }),
    /^ListenError: Cannot serve "fn" on :0: "" is no name or address\./,
  );
  const { key } = SELF_SIGNED;
  for (const tls of [{ cert: key, key }, { ...SELF_SIGNED, clientCa: key }]) {
    await rejects(fn.serve({ port: 0, tls }), /^ListenError: Cannot serve "fn" over https: /);
  }
  strictEqual(isLoaded, false);
});

Deno.test("HttpServer.close() answers whose body has not come with 503 and Retry-After, and has everybody leave", async () => {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const fn = serving("half");
  fn.setTopology("flow").to("wait", async (body: unknown) => {
    begun.resolve();
    await go.promise;
    return { body };
  }).respond();
  const server = await fn.serve({ port: 0, log, graceMs: 2_000 });
  using half = await RawConnection.open(server.url);
  using whole = await RawConnection.open(server.url);
  await half.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n");
  strictEqual((await half.reply()).status, 100); // the body is being read
  await half.send('{"in');
  await whole.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1");
  await begun.promise;
  const closed = server.close();
  await half.send('puts":1');
  const refused = await half.reply();
  go.resolve();
  const answered = await whole.reply();
  deepStrictEqual([refused.status, answered.status, answered.body], [503, 200, '{"body":1}']);
  match(refused.head, /^retry-after: 1$/im);
  match(refused.body, /^\{"error":"Cannot take event \S+: the server is closing"/);
  for (const { head } of [refused, answered]) match(head, /^connection: close$/im);
  await closed;
});

Deno.test("HttpServer.close() tells how many replies it cut off, beside what else failed", async () => {
  const { cert } = SELF_SIGNED;
  const large = new Uint8Array(32 * 2 ** 20); // more than the sockets of both sides hold
  let begun = Promise.withResolvers<void>();
  const fn = serving("large");
  fn.setTopology("flow").to("large", (body: unknown) => {
    if (body !== "stuck") return large;
    begun.resolve();
    return new Promise<Uint8Array>(() => {});
  }).respond();
  for (const tls of [undefined, { ...SELF_SIGNED, clientCa: cert }]) {
    for (const isStuck of [false, true]) {
      const server = await fn.serve({ port: 0, log, ...(tls === undefined ? {} : { tls }) });
      using reader = await RawConnection.open(server.url, tls);
      await reader.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
      await reader.more();
      using stuck = await RawConnection.open(server.url, tls);
      if (isStuck) {
        begun = Promise.withResolvers<void>();
        await stuck.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nstuck");
        await begun.promise;
      }
      const failed: AggregateError = await server.close({ graceMs: 5 }).then(() => {}, (error) => error);
      const told = failed.errors.map(({ message }) => message);
      strictEqual(told.pop(), "1 reply was cut off, not read to the end after 5 ms");
      strictEqual(told.length, Number(isStuck));
      if (isStuck) match(told[0], /^Step "large" had no answer/);
    }
  }
});

Deno.test("HttpServer.close() of a shared port has who is answered leave it before it ends", async () => {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const fn = serving("slow");
  fn.setTopology("flow").to("wait", async (body: unknown) => {
    begun.resolve();
    await go.promise;
    return { body };
  }).respond();
  const server = await fn.serve({ port: 0, log, sharesPort: true });
  const answer = fetch(server.url, POST);
  await begun.promise;
  const closed = server.close();
  go.resolve();
  const response = await answer;
  deepStrictEqual([response.headers.get("connection"), await response.json()], ["close", { body: 1 }]);
  await closed;
});
