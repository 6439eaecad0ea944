import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { CdpClient, type CdpError } from "../../../../kernel/engine/cdp.ts";

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** An engine process that answers as it is told to. */
async function openSide(answer: (asked: Asked, say: (message: object) => void, socket: WebSocket) => void) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) =>
      answer(JSON.parse(data), (message) => socket.send(JSON.stringify(message)), socket);
    return response;
  });
  const events: [string, unknown][] = [];
  const client = await CdpClient.connect(`ws://127.0.0.1:${server.addr.port}`, (...event) => events.push(event));
  return {
    client,
    events,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.shutdown();
    },
  };
}

const CODE = { expression: "1" };

Deno.test("CdpClient.call() gives each answer to its question, whatever their order", async () => {
  const waiting: Asked[] = [];
  await using side = await openSide((asked, say) => {
    waiting.push(asked);
    if (waiting.length === 2) {
      for (const { id, method } of waiting.reverse()) say({ id, result: { result: { type: method } } });
    }
  });
  const [first, second] = await Promise.all([
    side.client.call("Runtime.evaluate", CODE),
    side.client.call("Runtime.callFunctionOn", { functionDeclaration: "f" }),
  ]);
  deepStrictEqual([first.result.type, second.result.type], ["Runtime.evaluate", "Runtime.callFunctionOn"]);
  deepStrictEqual(waiting.map(({ params }) => params), [{ functionDeclaration: "f" }, CODE]);
});

Deno.test("CdpClient.call() hands an answer on before the events that come behind it", async () => {
  await using side = await openSide(({ id }, say) => {
    say({ method: "before", params: 1 });
    say({ id, result: { result: { type: "number" } } });
    say({ method: "behind", params: 2 });
    say({ id: 999, result: "nobody asked" });
    say({ id: id + 1, result: {} });
  });
  const order: string[] = [];
  await side.client.call("Runtime.evaluate", CODE, () => order.push(...side.events.map(([name]) => name), "answer"));
  deepStrictEqual(order, ["before", "answer"]);
});

Deno.test("CdpClient.call() rejects with what the process refused", async () => {
  await using side = await openSide(({ id }, say) => say({ id, error: { message: "Internal error" } }));
  await rejects(side.client.call("Runtime.evaluate", CODE), {
    name: "CdpError",
    message: "Internal error",
    isGone: false,
  });
});

Deno.test("CdpClient rejects all that waits when the process goes, and all that is asked after", async () => {
  await using side = await openSide((asked, _say, socket) => asked.id === 2 && socket.close());
  const gone = { name: "CdpError", message: "The engine process is gone", isGone: true };
  const calls = [side.client.call("Runtime.evaluate", CODE), side.client.call("Runtime.enable", {})];
  for (const call of calls) await rejects(call, gone);
  await side.client.closed;
  await rejects(side.client.call("Runtime.evaluate", CODE), gone);
});

Deno.test("CdpClient.connect() says where nobody answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `ws://127.0.0.1:${listener.addr.port}/x`;
  listener.close();
  const error = await CdpClient.connect(url, () => {}).then(() => undefined, (error: CdpError) => error);
  strictEqual(error?.message, `Cannot connect to the engine at ${url}`);
});
