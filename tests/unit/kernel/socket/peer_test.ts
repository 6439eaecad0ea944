import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { openPeer, type Said } from "../../../../kernel/socket/peer.ts";
import { type Command, encodeCommand } from "../../../../kernel/wire/command.ts";
import { encodeCommandFrame, encodeMessage } from "../../../../kernel/wire/frame.ts";
import { encodeGreeting } from "../../../../kernel/wire/greeting.ts";
import { FakeConn } from "../../../support/fake_conn.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

function frame(command: Exclude<Command, { kind: "unknown" }>): Uint8Array {
  return encodeCommandFrame(encodeCommand(command));
}

/** A peer that is a DEALER called `you`, after the handshake. */
async function openDealer() {
  const fake = new FakeConn();
  const properties = new Map([["Socket-Type", TEXT("DEALER")], ["Identity", TEXT("you")]]);
  fake.feed(encodeGreeting(), frame({ kind: "ready", properties }));
  const peer = await openPeer(fake.conn, { type: "ROUTER" });
  fake.written.length = 0;
  return { fake, peer };
}

Deno.test("Peer tells messages and subscriptions, and answers PING by itself", async () => {
  const { fake, peer } = await openDealer();
  deepStrictEqual([peer.identity, peer.minor], [TEXT("you"), 1]);
  fake.feed(
    encodeMessage([TEXT("one")]),
    frame({ kind: "ping", ttl: 10, context: TEXT("c") }),
    frame({ kind: "subscribe", topic: TEXT("t") }),
    frame({ kind: "pong", context: TEXT("") }),
    encodeMessage([TEXT("two")]),
  );
  fake.end();
  deepStrictEqual(await Array.fromAsync(peer), [
    { kind: "message", frames: [TEXT("one")] },
    { kind: "subscribe", topic: TEXT("t") },
    { kind: "message", frames: [TEXT("two")] },
  ] as Said[]);
  await peer.end(60_000);
  deepStrictEqual([fake.sent, fake.closings], [frame({ kind: "pong", context: TEXT("c") }), 1]);
});

Deno.test("Peer ends a connection whose other side breaks the rules, or ends it itself", async () => {
  for (
    const [said, message] of [
      [frame({ kind: "error", reason: "enough" }), /ended the connection, saying "enough"/],
      [frame({ kind: "ready", properties: new Map() }), /READY: it comes once/],
      [Uint8Array.of(0xff), /flags/],
    ] as const
  ) {
    const { fake, peer } = await openDealer();
    fake.feed(said);
    await rejects(Array.fromAsync(peer), message);
    peer.close();
  }
});

Deno.test("Peer.send() disconnects a peer that has not read 64 MiB", async () => {
  const { fake, peer } = await openDealer();
  fake.hold();
  const part = new Uint8Array(16 * 1024 * 1024);
  for (let n = 0; n < 5; n++) peer.send(part);
  strictEqual(fake.closings, 0);
  peer.send(part);
  deepStrictEqual([fake.closings, peer.queuedBytes], [1, 0]);
});

Deno.test("Peer.drained() waits as long as the peer reads, and disconnects it when it has read nothing for the time", async () => {
  const { fake, peer } = await openDealer();
  fake.hold();
  peer.send(new Uint8Array(100));
  const drained = peer.drained(0, 60_000);
  fake.release();
  await drained;
  deepStrictEqual([peer.queuedBytes, fake.closings], [0, 0]);
  fake.hold();
  peer.send(new Uint8Array(100));
  await peer.drained(0, 1);
  deepStrictEqual([fake.closings, peer.queuedBytes], [1, 0]);
});

Deno.test("Peer.close() closes once", async () => {
  const { fake, peer } = await openDealer();
  peer.close();
  peer.close();
  strictEqual(fake.closings, 1);
});

Deno.test("openPeer() gives up a handshake that takes too long, and closes", async () => {
  const fake = new FakeConn();
  await rejects(openPeer(fake.conn, { type: "ROUTER", handshakeMs: 1 }), {
    name: "WireError",
    message: "Cannot meet a peer: its handshake was not done in 1 ms",
  });
  strictEqual(fake.closings, 1);
});

Deno.test("openPeer() tells a refused peer the reason before it closes", async () => {
  const fake = new FakeConn();
  fake.feed(encodeGreeting(), frame({ kind: "ready", properties: new Map([["Socket-Type", TEXT("PUB")]]) }));
  await rejects(openPeer(fake.conn, { type: "ROUTER" }), /Cannot connect ROUTER with a socket of type "PUB"/);
  ok(new TextDecoder().decode(fake.sent).includes('Cannot connect ROUTER with a socket of type "PUB"'));
  strictEqual(fake.closings, 1);
});
