import { deepStrictEqual, throws } from "node:assert/strict";
import { decodeCommand, encodeCommand, matchProperty } from "../../../../kernel/wire/command.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

Deno.test("encodeCommand() writes READY as RFC 23 has it", () => {
  const bytes = encodeCommand({ kind: "ready", properties: new Map([["Socket-Type", TEXT("ROUTER")]]) });
  deepStrictEqual(
    bytes,
    Uint8Array.fromHex("05524541445900000000".slice(0, 12) + "0b536f636b65742d54797065" + "00000006" + "524f55544552"),
  );
});

Deno.test("decodeCommand() reads what encodeCommand() wrote, for every command", () => {
  for (
    const command of [
      { kind: "ready", properties: new Map([["Socket-Type", TEXT("SUB")], ["Identity", TEXT("me")]]) },
      { kind: "error", reason: "no" },
      { kind: "subscribe", topic: TEXT("t") },
      { kind: "cancel", topic: new Uint8Array() },
      { kind: "ping", ttl: 300, context: TEXT("ctx") },
      { kind: "pong", context: new Uint8Array() },
    ] as const
  ) deepStrictEqual(decodeCommand(encodeCommand(command)), command);
});

Deno.test("decodeCommand() ignores unknown commands and refuses broken ones", () => {
  deepStrictEqual(decodeCommand(Uint8Array.of(2, 0x48, 0x49)), { kind: "unknown", name: "HI" });
  const ready = encodeCommand({ kind: "ready", properties: new Map([["Socket-Type", TEXT("ROUTER")]]) });
  for (let length = 0; length < ready.length; length++) {
    if (length === 6) continue; // READY without properties is whole
    throws(() => decodeCommand(ready.subarray(0, length)), { name: "WireError" }, `cut to ${length}`);
  }
  throws(() => decodeCommand(TEXT("\u0004PING\u0000")), /2 octets/);
});

Deno.test("matchProperty() finds a property in any case", () => {
  deepStrictEqual(matchProperty(new Map([["socket-TYPE", TEXT("x")]]), "Socket-Type"), TEXT("x"));
});
