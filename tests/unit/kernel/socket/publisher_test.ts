import { deepStrictEqual, ok } from "node:assert/strict";
import { connectSubscriber } from "../../../../kernel/socket/connected.ts";
import { bindPublisher } from "../../../../kernel/socket/publisher.ts";
import { encodeSubscription } from "../../../../kernel/wire/subscriptions.ts";
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
  deepStrictEqual(textOf((await inbox.next()).value)[0], "0");
  // Without a wait the loop above has run to its end before anything is read; 26 MB are more than what buffers hold.
  ok(sent < COUNT, `${sent} messages were sent before the first was read`);
  for (let n = 1; n < COUNT; n++) deepStrictEqual(textOf((await inbox.next()).value)[0], String(n));
  await sending;
});

Deno.test("PublisherSocket.send() gives up a subscriber that does not read, and serves the others", async () => {
  await using publisher = bindPublisher("tcp://127.0.0.1:0", {
    budgetBytes: 1024,
    stallMs: 50,
    onSubscribe: () => [TEXT("w")],
  });
  await using deaf = await connectSubscriber(publisher.address);
  await using keen = await connectSubscriber(publisher.address, { topic: "keen" });
  const [deafInbox, inbox] = [deaf[Symbol.asyncIterator](), keen[Symbol.asyncIterator]()];
  await Promise.all([deafInbox.next(), inbox.next()]);
  const body = new Uint8Array(1024 * 1024);
  for (let n = 0; n < 40; n++) await publisher.send([TEXT("loud"), body]); // it is put in line for `deaf` alone
  await publisher.send([TEXT("keen")]);
  deepStrictEqual(textOf((await inbox.next()).value), ["keen"]);
  let heard = 0;
  while (heard < 40 && (await deafInbox.next()).done !== true) heard++;
  ok(heard < 40, `${heard} messages reached a subscriber that was given up`);
});

Deno.test("PublisherSocket sends nothing more of a topic that was cancelled, as often as it was asked for", async () => {
  await using publisher = bindPublisher("tcp://127.0.0.1:0", { onSubscribe: (topic) => [topic, TEXT("welcome")] });
  await using subscriber = await connectSubscriber(publisher.address, { topic: "a" });
  const inbox = subscriber[Symbol.asyncIterator]();
  const ask = (kind: "subscribe" | "cancel", topic: string) => subscriber.send([encodeSubscription(kind, TEXT(topic))]);
  const next = async () => textOf((await inbox.next()).value).join(" ");
  deepStrictEqual(await next(), "a welcome");
  await ask("subscribe", "a");
  deepStrictEqual(await next(), "a welcome");
  await ask("cancel", "a");
  await ask("subscribe", "b"); // its welcome tells that the cancel before it was heard
  deepStrictEqual(await next(), "b welcome");
  await publisher.send([TEXT("a"), TEXT("once more")]);
  deepStrictEqual(await next(), "a once more");
  await ask("cancel", "a");
  await ask("subscribe", "c");
  deepStrictEqual(await next(), "c welcome");
  for (const topic of ["a", "c"]) await publisher.send([TEXT(topic), TEXT("last")]);
  deepStrictEqual(await next(), "c last");
});
