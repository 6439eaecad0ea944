import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { InspectorSocket } from "../../../../kernel/engine/inspector_socket.ts";

/** A WebSocket server that sends back what it is sent. */
function echoes() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
}

Deno.test("InspectorSocket.send() brings texts of every size whole and in order, and gets them so", async () => {
  await using server = echoes();
  const socket = await InspectorSocket.connect(`ws://127.0.0.1:${server.addr.port}/`);
  const sent = [0, 1, 125, 126, 1_000, 65_535, 65_536, 3_000_000].map((size) => "ä".repeat(size));
  const got: string[] = [];
  const [all, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  socket.onmessage = ({ data }) => got.push(data) === sent.length && all.resolve();
  socket.onclose = () => closed.resolve();
  for (const text of sent) socket.send(text);
  await all.promise;
  deepStrictEqual(got.map(({ length }) => length), sent.map(({ length }) => length));
  strictEqual(got.every((text, index) => text === sent[index]), true);
  socket.close();
  await closed.promise;
  strictEqual(socket.isOpen, false);
});

Deno.test("InspectorSocket.connect() rejects where nobody is, or no inspector", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("no"));
  await rejects(
    InspectorSocket.connect(`ws://127.0.0.1:${server.addr.port}/`),
    /is no inspector: it answered HTTP\/1\.1 200/,
  );
  await rejects(InspectorSocket.connect("ws://127.0.0.1:1/"), /refused/);
});

Deno.test("a process of cells hears code of more than 1 kB a thousand times: Deno's own client loses it", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--inspect=127.0.0.1:0", "data:application/javascript,setInterval(()=>{},1000)"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.getReader();
  let text = "";
  for (let url: string | undefined; url === undefined; url = /(ws:\/\/\S+)\s/.exec(text)?.[1]) {
    text += new TextDecoder().decode((await reader.read()).value);
  }
  const socket = await InspectorSocket.connect(/(ws:\/\/\S+)\s/.exec(text)![1]!);
  let answers = 0;
  let waiting = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.onmessage = () => {
    answers += 1;
    waiting.resolve();
  };
  socket.onclose = () => {
    waiting.resolve();
    closed.resolve();
  };
  for (let id = 1; id <= 1_000 && socket.isOpen; id++) {
    waiting = Promise.withResolvers();
    const expression = `"${"x".repeat(1_000 + 4 * id)}".length`;
    socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params: { expression } }));
    await waiting.promise;
  }
  strictEqual(answers, 1_000);
  reader.releaseLock();
  child.kill("SIGKILL");
  await Promise.all([child.status, child.stderr.cancel(), closed.promise]);
});
