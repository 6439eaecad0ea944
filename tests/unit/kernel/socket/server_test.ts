import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { connectDealer } from "../../../../kernel/socket/connected.ts";
import type { Peer } from "../../../../kernel/socket/peer.ts";
import { openServer, type Service } from "../../../../kernel/socket/server.ts";
import { encodeMessage } from "../../../../kernel/wire/frame.ts";

const ADDRESS = "tcp://127.0.0.1:0";
const TEXT = (text: string) => new TextEncoder().encode(text);

/** A service that lets each peer be, and tells when one has come. */
function open(serve: (peer: Peer) => Promise<void> = async (peer) => void await Array.fromAsync(peer)) {
  const came = Promise.withResolvers<Peer>();
  const service: Service = {
    type: "ROUTER",
    serve(peer) {
      came.resolve(peer);
      return serve(peer);
    },
  };
  return { service, came: came.promise };
}

function portOf(address: string): number {
  return Number(address.split(":").at(-1));
}

Deno.test("Server knows its peers as long as they are there", async () => {
  const came: PromiseWithResolvers<Peer>[] = [Promise.withResolvers(), Promise.withResolvers()];
  const left = Promise.withResolvers<void>();
  let count = 0;
  const serve = async (peer: Peer) => {
    came[count++]!.resolve(peer);
    await Array.fromAsync(peer);
    left.resolve();
  };
  await using server = openServer(ADDRESS, { type: "ROUTER", serve }, {});
  match(server.address, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const first = await connectDealer(server.address);
  const one = await came[0]!.promise;
  deepStrictEqual([...server.peers], [one]);
  await first[Symbol.asyncDispose]();
  await left.promise;
  await using _second = await connectDealer(server.address);
  const two = await came[1]!.promise;
  deepStrictEqual([...server.peers], [two]);
});

Deno.test("Server drops a peer whose handshake takes too long, says so, and serves the next", async () => {
  const dropped = Promise.withResolvers<Error>();
  const { service, came } = open();
  await using server = openServer(ADDRESS, service, { handshakeMs: 20, onDrop: dropped.resolve });
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: portOf(server.address) });
  match((await dropped.promise).message, /its handshake was not done in 20 ms/);
  const buffer = new Uint8Array(1024);
  while (await silent.read(buffer) !== null); // its greeting, then the end
  await using _dealer = await connectDealer(server.address, { identity: TEXT("d") });
  deepStrictEqual((await came).identity, TEXT("d"));
});

Deno.test("Server flushes what was sent before it closes, and frees its port", async () => {
  const { service, came } = open();
  const server = openServer(ADDRESS, service, {});
  await using dealer = await connectDealer(server.address);
  (await came).send(encodeMessage([TEXT("the last word")]));
  await server[Symbol.asyncDispose]();
  strictEqual(server.closed, true);
  const { value } = await dealer[Symbol.asyncIterator]().next();
  deepStrictEqual(value, [TEXT("the last word")]);
  await using again = openServer(server.address, service, {});
  strictEqual(again.address, server.address);
});

Deno.test("Server closes connections that have not shaken hands, and closes once", async () => {
  const { service } = open();
  const server = openServer(ADDRESS, service, {});
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: portOf(server.address) });
  const buffer = new Uint8Array(1024);
  strictEqual(await silent.read(buffer), 64); // our greeting: it has been accepted
  await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  let count: number | null;
  do count = await silent.read(buffer).catch(() => null); while (count !== null);
});

Deno.test("Server survives a service that fails with one peer", async () => {
  const dropped: string[] = [];
  const { service } = open(() => Promise.reject(new TypeError("a fault of ours")));
  const server = openServer(ADDRESS, service, { onDrop: ({ message }) => dropped.push(message) });
  for (let n = 0; n < 2; n++) {
    await using dealer = await connectDealer(server.address);
    strictEqual((await dealer[Symbol.asyncIterator]().next()).done, true);
  }
  await server[Symbol.asyncDispose]();
  deepStrictEqual(dropped, []); // the peers kept the rules
});
