import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { settle, testClock } from "levada/testing";
import { Outflow } from "../../../../../lib/serve/limits/outflow.ts";
import { sendPieces, sendWhole } from "../../../../../lib/serve/reply/send_pieces.ts";

const LIMITS = { repliesLimitBytes: 200_000, replyTimeoutMs: 1_000, queueTimeoutMs: 10_000 };
const headers = { "content-type": "text/plain" };

Deno.test("sendPieces() writes one piece in a turn, those of several replies by turns", async () => {
  const clock = testClock();
  const outflow = new Outflow(LIMITS, clock);
  const written: string[] = [];
  const ticks: number[] = [];
  function* pieces(name: string) {
    for (let n = 0; n < 4; n++) {
      written.push(name + n);
      ticks.push(clock.timers);
      yield "ü".repeat(100);
    }
  }
  const replies = ["a", "b"].map((name) => sendPieces(pieces(name), { outflow, headers }));
  deepStrictEqual(written, ["a0", "a1", "b0", "b1"]); // whether there are several shows with the second
  await settle();
  strictEqual(clock.timers, 1);
  await clock.advance(0);
  deepStrictEqual(written.slice(4), ["a2", "b2", "a3", "b3"]);
  for (const reply of replies) {
    const { headers, ...rest } = await reply;
    strictEqual(headers.get("content-length"), "800");
    strictEqual(await (await reply).text(), "ü".repeat(400));
    void rest;
  }
});

Deno.test("sendPieces() stops where the caller leaves, or where replies become too large together, and frees what it held", async () => {
  const outflow = new Outflow(LIMITS);
  const left = new AbortController();
  let made = 0;
  function* endless(): Generator<string, void> {
    for (;; made++) {
      if (made === 3) left.abort();
      yield "x".repeat(1_000);
    }
  }
  await rejects(Promise.resolve(sendPieces(endless(), { outflow, headers, signal: () => left.signal })), {
    status: 499,
  });
  strictEqual(made < 6, true);
  await rejects(Promise.resolve(sendPieces(endless(), { outflow, headers })), {
    status: 503,
    message: /replies of 200000 bytes wait to be read/,
  });
  outflow.take(200_000);
});

Deno.test("sendPieces() sends one piece at once, also where it is large", async () => {
  const outflow = new Outflow(LIMITS, testClock());
  for (const length of [0, 9, 100_000]) {
    const reply = sendPieces(["x".repeat(length)].values() as Iterator<string, void>, { outflow, headers });
    strictEqual(reply instanceof Response, true);
    strictEqual((await (await reply).text()).length, length);
  }
});

Deno.test("sendWhole() counts what is large until it is read, and hands over what is small", async () => {
  const outflow = new Outflow(LIMITS, testClock());
  const large = sendWhole(new Uint8Array(150_000), { outflow, headers });
  throws(() => sendWhole("x".repeat(100_000), { outflow, headers }), { status: 503 });
  strictEqual(await sendWhole("small", { outflow, headers }).text(), "small");
  strictEqual((await large.bytes()).length, 150_000);
  strictEqual((await sendWhole("x".repeat(200_000), { outflow, headers }).text()).length, 200_000);
});
