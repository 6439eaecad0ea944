import { rejects } from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { readBrokerPath } from "../../../../../lib/streams/leased/broker_path.ts";
import { NatsClient } from "../../../../../lib/streams/nats/nats_client.ts";

const INFO = { server_id: "A", version: "2.12.0", proto: 1, headers: true, max_payload: 1_000_000 };
const PATIENCE = { connectMs: 5_000, answerMs: 5_000 };
const AT_ONCE = 50;

/** A server of NATS as far as its first word; what it does then a test says. */
async function greeter(info: object, then: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // it is the one that resets
    socket.once("data", () => then(socket));
    socket.write(`INFO ${JSON.stringify({ ...INFO, ...info })}\r\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

async function areRefused(address: string, message: RegExp): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    await rejects(NatsClient.connect(readBrokerPath(address, 0), PATIENCE), { name: "StreamError", message });
  }));
}

Deno.test("guardSockets() hears the reset of a connection that the client has given up, of fifty at once", async () => {
  await using server = await greeter({ auth_required: true }, (socket) => {
    socket.write("-ERR 'Authorization Violation'\r\n");
    socket.resetAndDestroy();
  });
  await areRefused(`nats://ann:wr0ng@127.0.0.1:${server.port}/any`, /: NATS refuses the user or the password/);
});

Deno.test("guardSockets() hears the reset of a connection that is about to speak TLS", async () => {
  await using server = await greeter({ tls_required: true }, (socket) => socket.resetAndDestroy());
  await areRefused(`nats://127.0.0.1:${server.port}/any?tls=true`, /: NATS cannot be reached: /);
});
