import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { encodeCommandFrame, encodeMessage } from "../../../../kernel/wire/frame.ts";
import { type Frame, FrameReader } from "../../../../kernel/wire/frame_reader.ts";

function read(reader: FrameReader, bytes: Uint8Array): Frame[] {
  return [...reader.read(bytes)];
}

/** The head of a long frame of this size, in octets. */
function head(flags: number, size: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = flags;
  new DataView(bytes.buffer).setBigUint64(1, size);
  return bytes;
}

const body = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

Deno.test("FrameReader.read() gives each frame as soon as it is whole, however the bytes are cut", () => {
  const frames = [0, 1, 255, 256, 70_000].map(body);
  const bytes = encodeMessage(frames);
  for (const piece of [1, 13, 65_536, bytes.length]) {
    const reader = new FrameReader();
    const found: Frame[] = [];
    for (let at = 0; at < bytes.length; at += piece) found.push(...read(reader, bytes.subarray(at, at + piece)));
    deepStrictEqual(found.map((frame) => frame.body), frames, `${piece}`);
    deepStrictEqual(found.map(({ more }) => more), [true, true, true, true, false]);
  }
});

Deno.test("FrameReader.read() gives bodies that stay when the chunk is used again", () => {
  const reader = new FrameReader();
  const chunk = encodeMessage([Uint8Array.of(1, 2, 3)]);
  const [frame] = read(reader, chunk);
  chunk.fill(9);
  deepStrictEqual(frame!.body, Uint8Array.of(1, 2, 3));
});

Deno.test("FrameReader.read() tells commands from messages", () => {
  const [frame] = read(new FrameReader(), encodeCommandFrame(Uint8Array.of(4, 80)));
  deepStrictEqual(frame, { command: true, more: false, body: Uint8Array.of(4, 80) });
});

Deno.test("FrameReader.read() refuses sizes above its limit and above 1 MiB for a command, at the head", () => {
  const limited = { limitBytes: 10 };
  strictEqual(read(new FrameReader(limited), encodeMessage([body(10)])).length, 1);
  throws(() => read(new FrameReader(limited), encodeMessage([body(11)]).subarray(0, 2)), {
    name: "WireError",
    message: "Cannot read a frame of 11 octets: the limit is 10",
  });
  throws(() => read(new FrameReader(), head(0x02, 2n ** 63n)), /Cannot read a frame of 9223372036854\d+ octets/);
  throws(() => read(new FrameReader(), head(0x06, 1024n * 1024n + 1n)), /the limit is 1048576/);
  deepStrictEqual(read(new FrameReader(), head(0x06, 1024n * 1024n)), []);
});

Deno.test("FrameReader.read() refuses flags that mean nothing, at the first octet", () => {
  throws(() => read(new FrameReader(), Uint8Array.of(0x08)), /bits 3 to 7 of its flags must be 0, the flags are 8/);
  throws(() => read(new FrameReader(), Uint8Array.of(0x05)), /Cannot read a command: it is one frame/);
});
