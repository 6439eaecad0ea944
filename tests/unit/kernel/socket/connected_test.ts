import { deepStrictEqual, rejects } from "node:assert/strict";
import { connectDealer } from "../../../../kernel/socket/connected.ts";
import { bindRouter } from "../../../../kernel/socket/router.ts";

Deno.test("connectDealer() tells when nobody answers", async () => {
  await rejects(connectDealer("tcp://127.0.0.1:1", { timeoutMs: 0 }), {
    name: "SocketError",
    message: /127\.0\.0\.1:1: nobody answered/,
  });
  await rejects(connectDealer("udp://x"), { name: "SocketError", message: /tcp:\/\/HOST:PORT/ });
});

Deno.test("ConnectedSocket ends its iteration when the other side closes", async () => {
  const router = bindRouter("tcp://127.0.0.1:0");
  await using dealer = await connectDealer(router.address);
  const end = dealer[Symbol.asyncIterator]().next();
  await router[Symbol.asyncDispose]();
  deepStrictEqual((await end).done, true);
});
