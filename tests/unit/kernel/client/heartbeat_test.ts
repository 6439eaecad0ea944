import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { watchHeartbeat } from "../../../../kernel/client/heartbeat.ts";
import type { Frames, Socket } from "../../../../kernel/socket/socket.ts";

/** A heart that answers the first `beats` messages; after them it is silent, or ends the connection. */
function heart(beats: number, then: "silence" | "end"): { socket: Socket; sent: number[]; close: () => void } {
  const sent: number[] = [];
  const ended = Promise.withResolvers<IteratorResult<Frames>>();
  let answered = 0;
  let asked = Promise.withResolvers<void>();
  const socket: Socket = {
    address: "memory",
    send(frames) {
      sent.push(frames[0]?.length ?? -1);
      asked.resolve();
      return Promise.resolve();
    },
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (answered++ >= beats) {
          if (then === "end") return { done: true, value: undefined };
          return await ended.promise;
        }
        await asked.promise;
        asked = Promise.withResolvers<void>();
        return { done: false, value: [new Uint8Array()] };
      },
    }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { socket, sent, close: () => ended.resolve({ done: true, value: undefined }) };
}

Deno.test("watchHeartbeat() tells when a beat does not come back, and ends with the socket", async () => {
  const { socket, sent, close } = heart(2, "silence");
  const lost = Promise.withResolvers<string>();
  const watching = watchHeartbeat(socket, lost.resolve, { intervalMs: 1, timeoutMs: 20 });
  match(await lost.promise, /^no heartbeat came back for 0\.02 s$/);
  close();
  await watching;
  deepStrictEqual(sent, [0, 0, 0]); // a REQ's empty frame comes first
});

Deno.test("watchHeartbeat() ends without a word when the connection ends", async () => {
  const { socket } = heart(1, "end");
  let told = 0;
  await watchHeartbeat(socket, () => told++, { intervalMs: 60_000 });
  strictEqual(told, 0);
});
