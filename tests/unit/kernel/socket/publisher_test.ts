import { deepStrictEqual } from "node:assert/strict";
import { connectSubscriber } from "../../../../kernel/socket/connected.ts";
import { bindPublisher } from "../../../../kernel/socket/publisher.ts";
import type { Frames } from "../../../../kernel/socket/socket.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

function textOf(frames: Frames): string[] {
  return frames.map((frame) => new TextDecoder().decode(frame));
}

Deno.test("PublisherSocket welcomes each subscriber alone, and sends by topic", async () => {
  await using publisher = bindPublisher("tcp://127.0.0.1:0", { onSubscribe: (topic) => [topic, TEXT("welcome")] });
  await using all = await connectSubscriber(publisher.address);
  await using some = await connectSubscriber(publisher.address, { topic: "b" });
  const [allInbox, someInbox] = [all[Symbol.asyncIterator](), some[Symbol.asyncIterator]()];
  deepStrictEqual(textOf((await allInbox.next()).value), ["", "welcome"]);
  deepStrictEqual(textOf((await someInbox.next()).value), ["b", "welcome"]);
  for (const topic of ["a", "b", "bc"]) await publisher.send([TEXT(topic), TEXT("x")]);
  const heard = [];
  for (let n = 0; n < 3; n++) heard.push(textOf((await allInbox.next()).value)[0]);
  deepStrictEqual(heard, ["a", "b", "bc"]);
  deepStrictEqual([textOf((await someInbox.next()).value)[0], textOf((await someInbox.next()).value)[0]], ["b", "bc"]);
});

Deno.test("PublisherSocket.send() waits for a slow subscriber and loses nothing", async () => {
  await using publisher = bindPublisher("tcp://127.0.0.1:0", {
    budgetBytes: 64 * 1024,
    onSubscribe: () => [TEXT("w")],
  });
  await using subscriber = await connectSubscriber(publisher.address);
  const inbox = subscriber[Symbol.asyncIterator]();
  await inbox.next();
  const COUNT = 400;
  const body = new Uint8Array(64 * 1024);
  let sent = 0;
  const sending = (async () => {
    for (; sent < COUNT; sent++) await publisher.send([TEXT(String(sent)), body]);
  })();
  for (let n = 0; n < COUNT; n++) deepStrictEqual(textOf((await inbox.next()).value)[0], String(n));
  await sending;
});
