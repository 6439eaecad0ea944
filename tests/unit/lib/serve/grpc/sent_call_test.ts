import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { testClock } from "levada/testing";
import { type CallStream, SentCall } from "../../../../../lib/serve/grpc/sent_call.ts";
import { Outflow } from "../../../../../lib/serve/limits/outflow.ts";

const PIECE = 65_536;
const LIMITS = { repliesLimitBytes: 300_000, replyTimeoutMs: 1_000, queueTimeoutMs: 400 };

type Done = (error?: Error | null) => void;

/** Keeps what is written until it is taken. */
class Stream extends EventEmitter {
  readonly pieces: { bytes: Uint8Array; done: Done }[] = [];
  writableEnded = false;
  code: number | undefined;

  write(bytes: Uint8Array, done: Done): boolean {
    this.pieces.push({ bytes, done });
    return true;
  }

  take(): void {
    this.pieces.shift()!.done(null);
  }

  close(code: number): void {
    this.code = code;
    this.emit("close");
  }
}

function opened() {
  const clock = testClock();
  const outflow = new Outflow(LIMITS, clock);
  const stream = new Stream();
  const cuts: unknown[] = [];
  const call = new SentCall(outflow, stream as unknown as CallStream, (reason) => cuts.push((reason as Error).message));
  return { clock, outflow, stream, cuts, call };
}

Deno.test("SentCall sends a message piece by piece, and frees what it held when all is taken", () => {
  const { stream, call, outflow } = opened();
  call.hold(200_000);
  let done = 0;
  stream.write(Buffer.alloc(200_000), () => done += 1);
  const lengths: number[] = [];
  while (stream.pieces.length > 0) {
    strictEqual(done, 0);
    throws(() => outflow.take(100_001), { status: 503 });
    lengths.push(stream.pieces[0]!.bytes.length);
    stream.take();
  }
  deepStrictEqual(lengths, [PIECE, PIECE, PIECE, 200_000 - 3 * PIECE]);
  strictEqual(done, 1);
  outflow.take(300_000);
  outflow.close();
});

Deno.test("SentCall cuts a reader who takes nothing, not one who takes a piece each time, and counts nothing behind the end", async () => {
  const { clock, stream, call, cuts, outflow } = opened();
  call.hold(200_000);
  stream.write(Buffer.alloc(200_000), () => {});
  for (let i = 0; i < 3; i += 1) {
    await clock.advance(999);
    stream.take();
  }
  strictEqual(stream.code, undefined);
  await clock.advance(1_000);
  strictEqual(stream.code, 11);
  deepStrictEqual(cuts, ["A reply broke off: its reader has taken nothing for 1000 ms"]);
  call.hold(200_000); // a step that answers later
  outflow.take(300_000);
  outflow.close();
});

Deno.test("SentCall writes no more of a message once its call has ended: by its deadline, or since its caller left", () => {
  for (
    const end of [(stream: Stream) => void (stream.writableEnded = true), (stream: Stream) => stream.emit("close")]
  ) {
    const { stream, outflow } = opened();
    stream.write(Buffer.alloc(200_000), () => {});
    end(stream);
    stream.take();
    strictEqual(stream.pieces.length, 0);
    outflow.close();
  }
});

Deno.test("SentCall cuts a reader who keeps a turn as soon as others wait for it", async () => {
  const { clock, stream, call, cuts, outflow } = opened();
  let doOthersWait = false;
  call.keepTurn(() => doOthersWait);
  stream.write(Buffer.alloc(10), () => {});
  await clock.advance(300);
  deepStrictEqual(cuts, []);
  doOthersWait = true;
  await clock.advance(100);
  deepStrictEqual(cuts, ["A reply broke off: its reader has taken nothing for 100 ms, and others wait for its turn"]);
  outflow.close();
});

Deno.test("SentCall does not write on behind the end that a deadline makes, and frees it when the stream closes", () => {
  const { stream, call, outflow } = opened();
  call.hold(200_000);
  stream.write(Buffer.alloc(200_000), () => {});
  stream.writableEnded = true;
  stream.take();
  deepStrictEqual(stream.pieces, []);
  throws(() => outflow.take(100_001), { status: 503 });
  stream.emit("close");
  outflow.take(300_000);
  outflow.close();
});
