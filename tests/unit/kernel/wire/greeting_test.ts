import { deepStrictEqual, throws } from "node:assert/strict";
import { decodeGreeting, encodeGreeting } from "../../../../kernel/wire/greeting.ts";

/** What libzmq 4.3 sends: its padding holds a length, and it announces 3.1. */
const LIBZMQ = Uint8Array.fromHex("ff00000000000000017f03014e554c4c".padEnd(128, "0"));

Deno.test("encodeGreeting() is the greeting of RFC 37", () => {
  deepStrictEqual(encodeGreeting(), Uint8Array.fromHex("ff00000000000000007f03014e554c4c".padEnd(128, "0")));
});

Deno.test("decodeGreeting() reads libzmq's, whose padding is not zero", () => {
  deepStrictEqual(decodeGreeting(LIBZMQ), { major: 3, minor: 1, mechanism: "NULL", asServer: false });
});

Deno.test("decodeGreeting() refuses other protocols, ZMTP 2 and wrong lengths", () => {
  const http = new TextEncoder().encode("GET / HTTP/1.1\r\n".padEnd(64));
  throws(() => decodeGreeting(http), { name: "WireError" });
  throws(() => decodeGreeting(LIBZMQ.with(10, 1)), /ZMTP 1/);
  throws(() => decodeGreeting(LIBZMQ.subarray(0, 63)), /63/);
  throws(() => decodeGreeting(new Uint8Array(64)), { name: "WireError" });
});
