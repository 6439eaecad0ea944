/** Our ZMTP against libzmq: pyzmq's sockets speak with ours, both ways round. */

import { deepStrictEqual } from "node:assert/strict";
import { createHeader, openMessage, sealMessage } from "../../../kernel/message/seal.ts";
import { connectDealer, connectRequest, connectSubscriber } from "../../../kernel/socket/connected.ts";
import { bindEcho } from "../../../kernel/socket/echo.ts";
import { bindPublisher, type PublisherSocket } from "../../../kernel/socket/publisher.ts";
import { bindRouter, type RouterSocket } from "../../../kernel/socket/router.ts";
import { preparePython } from "../../../lib/cli/python.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const PEER = new URL("peer.py", import.meta.url).pathname;
const TEXT = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Echoes; `publish` and `flood` publish, `open` reads a Jupyter message and answers with one. */
async function serve(router: RouterSocket, publisher: PublisherSocket): Promise<void> {
  for await (const [peer, first, ...rest] of router) {
    if (peer === undefined || first === undefined) continue;
    if (textOf(first) === "publish") {
      for (const topic of rest) await publisher.send([topic, TEXT("body")]);
    }
    if (textOf(first) === "flood") {
      for (let n = 0; n < Number(textOf(rest[0])); n++) await publisher.send([TEXT("f"), TEXT(String(n))]);
    }
    await router.send(textOf(first) === "open" ? [peer, ...answer(rest)] : [peer, first, ...rest]);
  }
}

function answer(frames: readonly Uint8Array[]): Uint8Array[] {
  const { header, content } = openMessage(frames, "secret");
  const draft = { header: createHeader("kernel_info_reply", "s"), parent: header, content: { b: "ü" } };
  return [TEXT(JSON.stringify({ type: header.msg_type, content })), ...sealMessage(draft, "secret")];
}

/** libzmq's DEALER, SUB and REQ against our ROUTER, XPUB and REP. */
async function bound(python: string): Promise<string[]> {
  await using router = bindRouter("tcp://127.0.0.1:0");
  await using publisher = bindPublisher("tcp://127.0.0.1:0", { onSubscribe: (topic) => [topic, TEXT("welcome")] });
  await using echo = bindEcho("tcp://127.0.0.1:0");
  void serve(router, publisher);
  const { stdout, stderr } = await new Deno.Command(python, {
    args: [PEER, "bound", router.address, publisher.address, echo.address],
    signal: AbortSignal.timeout(120_000),
  }).output();
  const lines = textOf(stdout).trim().split("\n");
  return lines.length > 1 ? lines : ["fail bound " + textOf(stderr)];
}

/** Our DEALER, SUB and REQ against libzmq's ROUTER, XPUB and REP. */
async function connecting(python: string): Promise<string[]> {
  const ports = [0, 1, 2].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const addresses = ports.map(({ addr }) => `tcp://127.0.0.1:${addr.port}`) as [string, string, string];
  for (const port of ports) port.close();
  const child = new Deno.Command(python, { args: [PEER, "connecting", ...addresses], stdin: "piped", stdout: "piped" })
    .spawn();
  try {
    const results = [];
    for (const [name, test] of Object.entries(CLIENTS)) {
      try {
        await test(...addresses);
        results.push(`pass ${name}`);
      } catch (error) {
        results.push(`fail ${name} ${error instanceof Error ? error.message : error}`);
      }
    }
    return results;
  } finally {
    await child.stdin.close();
    await child.output();
  }
}

const CLIENTS: Readonly<Record<string, (router: string, xpub: string, rep: string) => Promise<void>>> = {
  async our_dealer(router) {
    await using dealer = await connectDealer(router, { identity: TEXT("ours") });
    const inbox = dealer[Symbol.asyncIterator]();
    for (const size of [0, 1, 255, 256, 100_000, 5_000_000]) {
      const frames = [new Uint8Array(size).fill(7), new Uint8Array(), TEXT("end")];
      await dealer.send(frames);
      deepStrictEqual((await inbox.next()).value, frames);
    }
  },
  async our_request(_router, _xpub, rep) {
    await using request = await connectRequest(rep);
    const inbox = request[Symbol.asyncIterator]();
    for (let n = 0; n < 100; n++) {
      const frames = [new Uint8Array(), TEXT(`beat ${n}`)];
      await request.send(frames);
      deepStrictEqual((await inbox.next()).value, frames);
    }
  },
  async our_subscriber(router, xpub) {
    await using subscriber = await connectSubscriber(xpub, { topic: "t" });
    await using dealer = await connectDealer(router);
    const [heard, told] = [subscriber[Symbol.asyncIterator](), dealer[Symbol.asyncIterator]()];
    // A publisher sends nothing to a subscriber that it does not know yet: publish until the first one comes.
    const first = heard.next();
    let isHeard = false;
    void first.then(() => isHeard = true);
    for (let n = 0; !isHeard && n < 500; n++) {
      await dealer.send([TEXT("publish"), TEXT("t0"), TEXT("u0")]);
      await told.next();
    }
    deepStrictEqual(textOf((await first).value[0]), "t0");
    await dealer.send([TEXT("publish"), TEXT("u"), TEXT("t-last")]);
    for (let topic = ""; topic !== "t-last";) {
      topic = textOf((await heard.next()).value[0]);
      deepStrictEqual(topic.startsWith("t"), true, topic);
    }
  },
};

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const { program } = await preparePython({
    name: "zmtp",
    packages: ["pyzmq==27.3.0", "jupyter_client==8.10.0"],
    onProgress: (text) => console.log(text),
  });
  const results = [...await bound(program("python")), ...await connecting(program("python"))];
  for (const result of results) console.log(result);
  const failed = results.filter((result) => !result.startsWith("pass")).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
