/** Who asks and does not read what comes takes nothing from the others for longer than the limits say: over sockets that do not read. */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type InferRequest, ModelServer, type ServerLimits, serving } from "levada";
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

async function serve(limits: ServerLimits) {
  Streams.reset();
  const fn = serving("streams");
  fn.setTopology("router").addRoute("one", Endless).addRoute("two", Endless).addRoute("other", Count);
  return await fn.serve({ port: 0, log, limits, graceMs: 1 });
}

/** Four streams, as many as there are turns, that nobody reads. */
async function openUnread(url: string): Promise<DisposableStack> {
  const unread = new DisposableStack();
  for (const model of ["one", "two", "one", "two"]) {
    const connection = unread.use(await RawConnection.open(url));
    await connection.send(
      `POST /v2/models/${model}/infer HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: 14\r\n\r\n{"inputs":[1]}`,
    );
  }
  await Streams.until(() => Streams.begun === 4);
  return unread;
}

async function askOther(url: string): Promise<unknown> {
  const response = await fetch(`${url}/v2/models/other/infer`, {
    method: "POST",
    body: '{"inputs":[1]}',
    headers: { "content-type": "application/json" },
  });
  return [response.status, (await response.json()).outputs];
}

const WAYS: Readonly<Record<string, ServerLimits>> = {
  "the time of a request is over": { requestTimeoutMs: 300, replyTimeoutMs: Infinity },
  "the time of a reader is over": { requestTimeoutMs: Infinity, replyTimeoutMs: 300 },
};

for (const [when, limits] of Object.entries(WAYS)) {
  Deno.test(`streams that nobody reads give their turns back when ${when}, and their steps stop`, async () => {
    await using server = await serve({ maxConcurrent: 4, maxConcurrentPerModel: 2, ...limits });
    using _unread = await openUnread(server.url);
    deepStrictEqual(await askOther(server.url), [200, [1]]); // it waits for a turn: 503 if none came
    await Streams.until(() => Streams.ended === 4);
    strictEqual(Streams.begun, 4);
  });
}
