import { deepStrictEqual } from "node:assert/strict";
import { openPort } from "../../../../../lib/serve/port/open_port.ts";
import { BrokenOff } from "../../../../../lib/serve/reply/broken_off.ts";
import { SELF_SIGNED } from "../../../../support/loopback.ts";
import { RawConnection } from "../../../../support/raw_http.ts";
import { testPort } from "./_port_contract.ts";

testPort("behind client certificates", {
  tls: { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert },
  lacks: ["a body that nobody reads yet holds its sender back, and comes whole"], // Deno 2.9.6 reads on beneath a TLS socket that pauses
});

Deno.test("openMutualPort() refuses requests of HTTP/1.1 that name no host, and only these", async () => {
  const answer = () => Promise.resolve(new Response());
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const port = await openPort(answer, { hostname: "127.0.0.1", port: 0, tls, isShared: false });
  const statuses: number[] = [];
  for (const version of ["1.1", "1.0"]) {
    using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await client.send(`GET / HTTP/${version}\r\n\r\n`);
    statuses.push((await client.reply()).status);
  }
  await port.shutdown();
  deepStrictEqual(statuses, [400, 200]);
});

Deno.test("openMutualPort() tells why a reply breaks off, as Deno.serve does, and nothing where its reader left", async () => {
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const why = new BrokenOff("the server is closed");
  const left = Promise.withResolvers<void>();
  const port = await openPort((request) => {
    let isBegun = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isBegun && request.method === "GET") controller.error(why);
        else if (!isBegun) controller.enqueue(new Uint8Array(1));
        isBegun = true;
      },
      cancel: () => left.resolve(),
    });
    return Promise.resolve(new Response(body));
  }, { hostname: "127.0.0.1", port: 0, tls, isShared: false });
  const log = console.error;
  const told: unknown[] = [];
  console.error = (...words) => void told.push(...words);
  try {
    using reader = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await reader.send("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    await reader.more();
    reader[Symbol.dispose]();
    await left.promise;
    using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.rest();
    await port.shutdown();
  } finally {
    console.error = log;
  }
  deepStrictEqual(told, [why]);
});

Deno.test("openMutualPort() hangs up where a reply breaks off whose reader takes nothing", async () => {
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const waits = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  let reply!: ReadableStreamDefaultController<Uint8Array>;
  const port = await openPort(
    ({ signal }) => {
      signal.addEventListener("abort", () => hungUp.resolve());
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => void (reply = controller),
        pull(controller) {
          controller.enqueue(new Uint8Array(64 * 2 ** 20)); // more than the sockets of both sides hold
          waits.resolve();
        },
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body));
    },
    { hostname: "127.0.0.1", port: 0, tls, isShared: false },
  );
  using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await waits.promise;
  reply.error(new Error("its reader takes nothing"));
  await hungUp.promise;
  await port.shutdown();
});
