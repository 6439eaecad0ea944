import { deepStrictEqual } from "node:assert/strict";
import { connectRequest } from "../../../../kernel/socket/connected.ts";
import { bindEcho } from "../../../../kernel/socket/echo.ts";

Deno.test("EchoSocket sends back what it gets, its envelope included", async () => {
  await using echo = bindEcho("tcp://127.0.0.1:0");
  await using request = await connectRequest(echo.address);
  const frames = [new Uint8Array(), Uint8Array.of(1, 2, 3)];
  await request.send(frames);
  deepStrictEqual((await request[Symbol.asyncIterator]().next()).value, frames);
});
