import { deepStrictEqual } from "node:assert/strict";
import { connectDealer } from "../../../../kernel/socket/connected.ts";
import { bindRouter } from "../../../../kernel/socket/router.ts";
import type { Frames, Socket } from "../../../../kernel/socket/socket.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

/** The next message as text. */
async function next(messages: AsyncIterator<Frames>): Promise<string[]> {
  const { value } = await messages.next() as { value: Frames };
  return value.map((frame) => new TextDecoder().decode(frame));
}

function messagesOf(socket: Socket): AsyncIterator<Frames> {
  return socket[Symbol.asyncIterator]();
}

Deno.test("RouterSocket speaks with each peer by its name", async () => {
  await using router = bindRouter("tcp://127.0.0.1:0");
  await using ana = await connectDealer(router.address, { identity: TEXT("ana") });
  await using rui = await connectDealer(router.address, { identity: TEXT("rui") });
  const inbox = messagesOf(router);
  await ana.send([TEXT("hello"), new Uint8Array(70_000)]);
  const [from, text, big] = await next(inbox);
  deepStrictEqual([from, text, big!.length], ["ana", "hello", 70_000]);
  await router.send([TEXT("rui"), TEXT("for rui")]);
  await router.send([TEXT("nobody"), TEXT("lost")]);
  await router.send([TEXT("ana"), TEXT("for ana")]);
  deepStrictEqual([await next(messagesOf(rui)), await next(messagesOf(ana))], [["for rui"], ["for ana"]]);
});

Deno.test("RouterSocket gives a nameless peer a name that begins with zero", async () => {
  await using router = bindRouter("tcp://127.0.0.1:0");
  await using dealer = await connectDealer(router.address);
  await dealer.send([TEXT("x")]);
  const { value } = await messagesOf(router).next() as { value: Frames };
  deepStrictEqual([value[0]![0], value[0]!.length], [0, 5]);
});

Deno.test("RouterSocket lets a newer connection take over a name", async () => {
  await using router = bindRouter("tcp://127.0.0.1:0");
  await using old = await connectDealer(router.address, { identity: TEXT("me") });
  const ended = messagesOf(old).next();
  await using young = await connectDealer(router.address, { identity: TEXT("me") });
  deepStrictEqual((await ended).done, true);
  await young.send([TEXT("still here")]);
  deepStrictEqual(await next(messagesOf(router)), ["me", "still here"]);
  await router.send([TEXT("me"), TEXT("good")]);
  deepStrictEqual(await next(messagesOf(young)), ["good"]);
});

Deno.test("RouterSocket drops a peer that sends garbage, and serves the others", async () => {
  const dropped: string[] = [];
  const told = Promise.withResolvers<void>();
  await using router = bindRouter("tcp://127.0.0.1:0", {
    onDrop: (error) => {
      dropped.push(error.name);
      told.resolve();
    },
  });
  const port = Number(router.address.split(":").at(-1));
  using garbage = await Deno.connect({ hostname: "127.0.0.1", port });
  await garbage.write(TEXT("GET / HTTP/1.1\r\nHost: x\r\n".padEnd(64)));
  await told.promise;
  deepStrictEqual(dropped, ["WireError"]);
  await using dealer = await connectDealer(router.address, { identity: TEXT("d") });
  await dealer.send([TEXT("fine")]);
  deepStrictEqual(await next(messagesOf(router)), ["d", "fine"]);
});
