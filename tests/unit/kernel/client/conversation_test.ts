import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Conversation } from "../../../../kernel/client/conversation.ts";
import { ChannelError, KernelError, type KernelProcess } from "../../../../kernel/client/kernel_process.ts";
import { reachSockets } from "../../../../kernel/client/sockets.ts";
import { createConnection } from "../../../../kernel/message/connection.ts";
import type { Message } from "../../../../kernel/message/message.ts";
import { createHeader, openMessage, sealMessage } from "../../../../kernel/message/seal.ts";
import { bindEcho } from "../../../../kernel/socket/echo.ts";
import { bindPublisher } from "../../../../kernel/socket/publisher.ts";
import { bindRouter, type RouterSocket } from "../../../../kernel/socket/router.ts";

const ANY = "tcp://127.0.0.1:0";

/** What the kernel does with a request: `reply` and `publish` answer it. */
type Answer = (request: Message, say: {
  reply(content: object): Promise<void>;
  publish(type: string, content: object): Promise<void>;
  raw(frames: Uint8Array[]): Promise<void>;
}) => Promise<void> | void;

/** A conversation with a kernel in this process that answers as it is told to. */
async function open(answer: Answer) {
  const [shell, control, stdin, iopub, hb] = [
    bindRouter(ANY),
    bindRouter(ANY),
    bindRouter(ANY),
    bindPublisher(ANY),
    bindEcho(ANY),
  ];
  const portOf = ({ address }: { address: string }) => Number(address.split(":").at(-1));
  const connection = {
    ...createConnection(),
    shell_port: portOf(shell),
    control_port: portOf(control),
    stdin_port: portOf(stdin),
    iopub_port: portOf(iopub),
    hb_port: portOf(hb),
  };
  const { key } = connection;
  const listen = async (socket: RouterSocket) => {
    for await (const frames of socket) {
      const request = openMessage(frames, key);
      const { identities, header } = request;
      const draft = (type: string, content: object) => ({
        header: createHeader(type, "kernel"),
        parent: header,
        content,
      });
      await answer(request, {
        reply: (content) =>
          socket.send(sealMessage({ identities, ...draft(header.msg_type.replace("request", "reply"), content) }, key)),
        publish: (type, content) =>
          iopub.send(sealMessage({ identities: [new Uint8Array()], ...draft(type, content) }, key)),
        raw: (rest) => socket.send([...identities, ...rest]),
      });
    }
  };
  void listen(shell);
  void listen(control);
  const ended = Promise.withResolvers<Deno.CommandStatus>();
  const told = { disposed: 0, isEnded: false };
  const process = {
    connection,
    ended: ended.promise,
    written: "",
    waitForEnd: () => Promise.resolve(told.isEnded),
    [Symbol.asyncDispose]: () => Promise.resolve(void told.disposed++),
  };
  const sockets = await reachSockets(connection, new AbortController().signal);
  const conversation = new Conversation(process as unknown as KernelProcess, sockets);
  return {
    conversation,
    told,
    iopub,
    end: (status: Partial<Deno.CommandStatus>) => ended.resolve({ success: false, code: 0, signal: null, ...status }),
    async [Symbol.asyncDispose]() {
      await conversation.close();
      for (const socket of [shell, control, stdin, iopub, hb]) await socket[Symbol.asyncDispose]();
    },
  };
}

Deno.test("Conversation.request() gives each reply to its request, whatever their order", async () => {
  const waiting: (() => Promise<void>)[] = [];
  await using side = await open(async ({ content }, { reply }) => {
    waiting.push(() => reply({ of: content.name }));
    if (waiting.length === 2) { for (const each of waiting.reverse()) await each(); }
  });
  const replies = await Promise.all([
    side.conversation.request("shell", "execute_request", { name: "first" }),
    side.conversation.request("shell", "execute_request", { name: "second" }),
  ]);
  deepStrictEqual(replies.map(({ header, content }) => [header.msg_type, content.of]), [
    ["execute_reply", "first"],
    ["execute_reply", "second"],
  ]);
});

Deno.test("Conversation.request() lets its listener hear what is published about it, after the reply too", async () => {
  const heard: string[] = [];
  const late = Promise.withResolvers<void>();
  await using side = await open(async ({ content }, { reply, publish }) => {
    await publish("stream", { text: `of ${content.name}` });
    await reply({});
    await publish("status", { execution_state: "idle" });
  });
  await side.conversation.waitReady(); // the subscription has arrived
  await side.conversation.request("shell", "execute_request", { name: "nobody's" });
  await side.conversation.request("shell", "execute_request", { name: "mine" }, {
    listen: ({ header, content }) => {
      heard.push(`${header.msg_type} ${content.text ?? content.execution_state}`);
      if (header.msg_type === "status") late.resolve();
    },
  });
  await late.promise;
  deepStrictEqual(heard, ["stream of mine", "status idle"]);
});

Deno.test("Conversation.waitReady() asks until a publication comes with the answer", async () => {
  let asked = 0;
  await using side = await open(async (_, { reply, publish }) => {
    if (++asked > 1) await publish("status", { execution_state: "busy" });
    await reply({ implementation: "levada" });
  });
  deepStrictEqual(await side.conversation.waitReady(), { implementation: "levada" });
  strictEqual(asked, 2);
});

Deno.test("Conversation is lost when the kernel sends what cannot be taken", async () => {
  await using side = await open((_, { raw }) => raw([new TextEncoder().encode("no message")]));
  const lost = side.conversation.orLost(side.conversation.request("shell", "execute_request", {}));
  await rejects(lost, {
    name: "KernelError",
    message: /^The kernel is lost: it sent a message that cannot be taken: .*<IDS\|MSG>/,
  });
});

Deno.test("Conversation is lost when the kernel's process ends, and tells how", async () => {
  await using side = await open(() => {});
  const waiting = side.conversation.orLost(side.conversation.request("shell", "execute_request", {}));
  side.end({ signal: "SIGKILL" });
  await rejects(waiting, new KernelError("The kernel is lost: the kernel's process ended with signal SIGKILL"));
  await rejects(side.conversation.orLost(new Promise(() => {})), KernelError);
});

Deno.test("Conversation is lost when a connection ends and the process lives: it was another program's", async () => {
  await using side = await open((_, { reply }) => reply({}));
  const ready = side.conversation.waitReady(); // it would ask for ever: nothing is published
  await side.iopub[Symbol.asyncDispose]();
  await rejects(ready, (error: Error) => {
    ok(error instanceof ChannelError);
    strictEqual(error.message, "The kernel is lost: its iopub connection has ended");
    return true;
  });
});

Deno.test("Conversation.shutdown() asks the kernel to end and then ends it, once", async () => {
  const asked: Message[] = [];
  await using side = await open((request, { reply }) => {
    asked.push(request);
    return reply({ restart: false });
  });
  await Promise.all([side.conversation.shutdown(), side.conversation.shutdown()]);
  await side.conversation.close();
  strictEqual(side.told.disposed, 1);
  for (const { header, content } of asked) {
    match(header.msg_type, /^shutdown_request$/);
    deepStrictEqual(content, { restart: false });
  }
});
