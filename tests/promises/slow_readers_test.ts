/** Who asks and does not read what comes takes nothing from the others for longer than the limits say: over sockets that do not read. */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type InferRequest, ModelServer, type ServerLimits, serving, type TlsOptions } from "levada";
import { SELF_SIGNED } from "../support/loopback.ts";
import { RawConnection } from "../support/raw_http.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const CHUNK = "x".repeat(65_536);

/** How many endless streams have begun and ended, and who waits to hear of that. */
class Streams {
  static begun = 0;
  static ended = 0;
  static onChange = () => {};

  static reset(): void {
    Streams.begun = Streams.ended = 0;
  }

  static async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((change) => Streams.onChange = change);
  }
}

class Endless extends ModelServer {
  async *predict(): AsyncGenerator<string> {
    Streams.begun += 1;
    Streams.onChange();
    try {
      for (;;) yield await Promise.resolve(CHUNK);
    } finally {
      Streams.ended += 1;
      Streams.onChange();
    }
  }
}

class Count extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return [inputs.length];
  }
}

async function serve(limits: ServerLimits, tls?: TlsOptions) {
  Streams.reset();
  const fn = serving("streams");
  fn.setTopology("router").addRoute("one", Endless).addRoute("two", Endless).addRoute("other", Count);
  return await fn.serve({ port: 0, log, limits, graceMs: 1, ...(tls === undefined ? {} : { tls }) });
}

/** Four streams, as many as there are turns, that nobody reads. */
async function openUnread(url: string): Promise<RawConnection[]> {
  const unread: RawConnection[] = [];
  for (const model of ["one", "two", "one", "two"]) {
    const connection = await RawConnection.open(url, url.startsWith("https:") ? SELF_SIGNED : undefined);
    unread.push(connection);
    await connection.send(
      `POST /v2/models/${model}/infer HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: 14\r\n\r\n{"inputs":[1]}`,
    );
  }
  await Streams.until(() => Streams.begun === 4);
  return unread;
}

async function askOther(url: string): Promise<[status: number, outputs: unknown]> {
  using connection = await RawConnection.open(url, url.startsWith("https:") ? SELF_SIGNED : undefined);
  await connection.send(
    "POST /v2/models/other/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n" + '{"inputs":[1]}',
  );
  const { status, body } = await connection.reply();
  return [status, JSON.parse(body).outputs];
}

const WAITED_FOR = "others wait for them";
const WAYS: Readonly<Record<string, ServerLimits>> = {
  "the time of a request is over": { requestTimeoutMs: 300, replyTimeoutMs: Infinity },
  "the time of a reader is over": { requestTimeoutMs: Infinity, replyTimeoutMs: 300 },
  [WAITED_FOR]: { requestTimeoutMs: Infinity, queueTimeoutMs: 1_000 },
};

const PORTS: Readonly<Record<string, TlsOptions | undefined>> = {
  "http": undefined,
  "a port that asks for certificates": { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert },
};

for (const [port, tls] of Object.entries(PORTS)) {
  for (const [when, limits] of Object.entries(WAYS)) {
    Deno.test(`over ${port} streams that nobody reads give their turns back when ${when}, and their steps stop`, async () => {
      await using server = await serve({ maxConcurrent: 4, maxConcurrentPerModel: 2, ...limits }, tls);
      const unread = await openUnread(server.url);
      deepStrictEqual(await askOther(server.url), [200, [1]]); // it waits for a turn: 503 if none came
      const many = when === WAITED_FOR ? 1 : 4; // one turn is enough for the one who waits
      await Streams.until(() => Streams.ended >= many);
      strictEqual(Streams.begun, 4);
      for (const connection of unread) connection[Symbol.dispose]();
      await Streams.until(() => Streams.ended === 4); // those that nobody waited for, when their readers leave
    });
  }

  Deno.test(`over ${port} who reads on too late has no reply that looks whole, and no connection`, async () => {
    await using server = await serve({ replyTimeoutMs: 200 }, tls);
    for (const connection of await openUnread(server.url)) {
      await Streams.until(() => Streams.ended === 4);
      const text = await connection.rest(); // the server hangs up
      strictEqual(text.endsWith("\r\n0\r\n\r\n"), false);
      connection[Symbol.dispose]();
    }
  });
}
