import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { shakeHands } from "../../../../kernel/socket/handshake.ts";
import { Outbox } from "../../../../kernel/socket/outbox.ts";
import { type Command, decodeCommand, encodeCommand } from "../../../../kernel/wire/command.ts";
import { encodeCommandFrame, encodeMessage } from "../../../../kernel/wire/frame.ts";
import { encodeGreeting, GREETING_BYTES } from "../../../../kernel/wire/greeting.ts";
import { FakeConn } from "../../../support/fake_conn.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);
const LONG_MS = 60_000;

function frame(command: Exclude<Command, { kind: "unknown" }>): Uint8Array {
  return encodeCommandFrame(encodeCommand(command));
}

function ready(type: string, identity?: Uint8Array): Uint8Array {
  const properties = new Map<string, Uint8Array>([["Socket-Type", TEXT(type)]]);
  if (identity !== undefined) properties.set("Identity", identity);
  return frame({ kind: "ready", properties });
}

/** Our side as a ROUTER; the other side says what it is told to, and leaves. */
async function meet(...said: readonly Uint8Array[]) {
  const fake = new FakeConn();
  const outbox = new Outbox(fake.conn, () => {});
  fake.feed(...said);
  fake.end();
  const result = await shakeHands(fake.conn, outbox, { type: "ROUTER", identity: TEXT("me") }).then(
    (met) => ({ met, error: undefined }),
    (error: Error) => ({ met: undefined, error }),
  );
  await outbox.drained(0, LONG_MS);
  const commands = fake.sent.subarray(GREETING_BYTES);
  return { ...result, sent: fake.sent, commands };
}

Deno.test("shakeHands() says greeting and READY, and tells who the other side is and what comes after", async () => {
  const { met, sent } = await meet(
    encodeGreeting(),
    ready("DEALER", TEXT("you")),
    encodeMessage([TEXT("a"), TEXT("b")]),
  );
  deepStrictEqual(met!.identity, TEXT("you"));
  strictEqual(met!.minor, 1);
  deepStrictEqual((await Array.fromAsync(met!.received)).map((each) => each.kind === "message" && each.frames), [
    [TEXT("a"), TEXT("b")],
  ]);
  deepStrictEqual(sent.subarray(0, GREETING_BYTES), encodeGreeting());
  deepStrictEqual(sent.subarray(GREETING_BYTES), ready("ROUTER", TEXT("me")));
});

Deno.test("shakeHands() takes bytes however they are cut", async () => {
  const whole = [encodeGreeting(), ready("DEALER"), encodeMessage([TEXT("a")])].flatMap((part) => [...part]);
  const { met } = await meet(...whole.map((byte) => Uint8Array.of(byte)));
  deepStrictEqual(met!.identity, new Uint8Array(0));
  strictEqual((await Array.fromAsync(met!.received)).length, 1);
});

const PLAIN = encodeGreeting();
PLAIN.set(TEXT("PLAIN"), 12);

/** What the other side says, why we refuse it, and whether it speaks ZMTP, so that it is told the reason. */
const REFUSED: readonly [string, readonly Uint8Array[], RegExp, boolean][] = [
  ["HTTP", [TEXT("GET / HTTP/1.1\r\n".padEnd(64))], /it does not speak ZMTP/, false],
  ["half a greeting", [encodeGreeting().subarray(0, 40)], /left before its greeting was whole/, false],
  ["PLAIN", [PLAIN], /mechanism "PLAIN": only NULL/, true],
  ["nothing after the greeting", [encodeGreeting()], /left before its READY came/, true],
  ["a message first", [encodeGreeting(), encodeMessage([TEXT("a")])], /READY must come first, it sent a message/, true],
  ["PING first", [encodeGreeting(), frame({ kind: "ping", ttl: 0, context: TEXT("") })], /it sent ping/, true],
  ["a wrong partner", [encodeGreeting(), ready("SUB")], /Cannot connect ROUTER with a socket of type "SUB"/, true],
  ["a made-up name", [encodeGreeting(), ready("DEALER", Uint8Array.of(0, 1))], /begins with octet 0/, true],
  ["a long name", [encodeGreeting(), ready("DEALER", new Uint8Array(256).fill(65))], /longer than 255/, true],
  ["a refusal", [encodeGreeting(), frame({ kind: "error", reason: "no" })], /the peer refused, saying "no"/, true],
];
for (const [name, said, message, isTold] of REFUSED) {
  Deno.test(`shakeHands() refuses ${name}${isTold ? ", and says why" : ""}`, async () => {
    const { error, commands } = await meet(...said);
    strictEqual(error?.name, "WireError");
    match(error!.message, message);
    const last = commands.length === 0 ? undefined : lastCommand(commands);
    deepStrictEqual(last?.kind === "error" && last.reason, isTold ? error!.message : false);
  });
}

/** The last of the commands in bytes, each with a size of one octet. */
function lastCommand(bytes: Uint8Array): Command {
  let at = 0;
  while (at + 2 + bytes[at + 1]! < bytes.length) at += 2 + bytes[at + 1]!;
  return decodeCommand(bytes.subarray(at + 2));
}

Deno.test("shakeHands() bounds what is read after it", async () => {
  const fake = new FakeConn();
  const outbox = new Outbox(fake.conn, () => {});
  fake.feed(encodeGreeting(), ready("DEALER"), encodeMessage([new Uint8Array(2_000)]));
  const { received } = await shakeHands(fake.conn, outbox, { type: "ROUTER", limitBytes: 1_000 });
  await rejects(received.next(), /the limit is 1000/);
  await outbox.drained(0, LONG_MS);
});
