import { deepStrictEqual, throws } from "node:assert/strict";
import { encodeCommand } from "../../../../kernel/wire/command.ts";
import { encodeCommandFrame, encodeMessage } from "../../../../kernel/wire/frame.ts";
import { MessageReader, type Received } from "../../../../kernel/wire/message_reader.ts";

/** Everything that bytes hold, fed in pieces of a size. */
function readAll(bytes: Uint8Array, pieceBytes: number, options = {}): Received[] {
  const reader = new MessageReader(options);
  const received: Received[] = [];
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
    received.push(...reader.read(bytes.subarray(offset, offset + pieceBytes)));
  }
  return received;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const TEXT = (text: string) => new TextEncoder().encode(text);

Deno.test("MessageReader gives the same whole or byte by byte", () => {
  const frames = [TEXT("a"), new Uint8Array(), new Uint8Array(255).fill(1), new Uint8Array(256).fill(2), TEXT("end")];
  const bytes = joined(
    encodeMessage(frames),
    encodeCommandFrame(encodeCommand({ kind: "ping", ttl: 10, context: TEXT("c") })),
    encodeMessage([TEXT("second")]),
  );
  const expected: Received[] = [
    { kind: "message", frames },
    { kind: "command", command: { kind: "ping", ttl: 10, context: TEXT("c") } },
    { kind: "message", frames: [TEXT("second")] },
  ];
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    deepStrictEqual(readAll(bytes, size), expected, `pieces of ${size}`);
  }
});

Deno.test("MessageReader never gives half a message", () => {
  const bytes = encodeMessage([TEXT("one"), TEXT("two")]);
  for (let length = 0; length < bytes.length; length++) deepStrictEqual(readAll(bytes.subarray(0, length), 5), []);
});

Deno.test("MessageReader refuses reserved flags, commands that go on, and sizes beyond the limit without taking memory", () => {
  const refused = (...octets: number[]) => throws(() => readAll(Uint8Array.from(octets), 99), { name: "WireError" });
  refused(0x08, 1, 0x61);
  refused(0xff, 1, 0x61);
  refused(0x05, 1, 0x61);
  refused(0x02, 0x40, 0, 0, 0, 0, 0, 0, 0);
  refused(0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  refused(0x04, 0);
  refused(0x04, 1, 9);
});

Deno.test("MessageReader bounds a message of endless small frames", () => {
  const frame = Uint8Array.of(0x01, 0x00);
  throws(
    () => readAll(joined(...Array.from({ length: 2_000 }, () => frame)), 64, { limitBytes: 10_000 }),
    /limit of 10000 octets/,
  );
});

Deno.test("MessageReader survives random bytes: it reads, waits or throws a WireError", () => {
  let seed = 1;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 256));
    try {
      readAll(bytes, 1 + Math.floor(random() * 9));
    } catch (error) {
      deepStrictEqual((error as Error).name, "WireError");
    }
  }
});
