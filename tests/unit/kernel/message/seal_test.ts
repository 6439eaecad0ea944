import { deepStrictEqual, match, throws } from "node:assert/strict";
import { createHeader, openMessage, sealMessage, sign } from "../../../../kernel/message/seal.ts";

const KEY = "6f1c";
const TEXT = (text: string) => new TextEncoder().encode(text);

Deno.test("openMessage() reads what sealMessage() wrote", () => {
  const header = createHeader("execute_request", "s");
  const parent = createHeader("kernel_info_request", "s");
  const draft = {
    identities: [TEXT("peer")],
    header,
    parent,
    metadata: { cellId: "c" },
    content: { code: "1 + ü" },
    buffers: [Uint8Array.of(0, 255)],
  };
  for (const key of [KEY, ""]) deepStrictEqual(openMessage(sealMessage(draft, key), key), draft);
  const bare = openMessage(sealMessage({ header, content: {} }, KEY), KEY);
  deepStrictEqual([bare.identities, bare.parent, bare.buffers], [[], undefined, []]);
});

Deno.test("sign() is HMAC-SHA256 over the four parts", () => {
  // RFC 4231, test case 2
  deepStrictEqual(
    sign([TEXT("what do ya want "), TEXT("for nothing?")], "Jefe"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

Deno.test("sign() takes the scheme of the connection file", () => {
  // RFC 4231, test case 2
  match(
    sign([TEXT("what do ya want for nothing?")], "Jefe", "hmac-sha384"),
    /^af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47/,
  );
  match(
    sign([TEXT("what do ya want for nothing?")], "Jefe", "hmac-sha512"),
    /^164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6/,
  );
  const frames = sealMessage({ header: createHeader("x", "s"), content: { a: 1 } }, KEY, "hmac-sha512");
  deepStrictEqual(openMessage(frames, KEY, "hmac-sha512").content, { a: 1 });
  throws(() => openMessage(frames, KEY), { name: "SignatureError" });
});

Deno.test("openMessage() refuses a wrong key, a changed part and a missing signature before it parses anything", () => {
  const frames = sealMessage({ header: createHeader("x", "s"), content: { a: 1 } }, KEY);
  throws(() => openMessage(frames, "other"), { name: "SignatureError" });
  throws(() => openMessage(frames.with(5, TEXT("not json")), KEY), { name: "SignatureError" });
  throws(() => openMessage(frames.with(1, new Uint8Array()), KEY), { name: "SignatureError" });
});

Deno.test("openMessage() refuses what is broken, with a MessageError", () => {
  const frames = sealMessage({ header: createHeader("x", "s"), content: {} }, "");
  const deep = TEXT("[".repeat(200_000));
  for (
    const broken of [
      [],
      [TEXT("<IDS|MSG>")],
      frames.slice(0, 4),
      frames.slice(1),
      frames.with(2, TEXT("{}")),
      frames.with(2, TEXT("[]")),
      frames.with(2, TEXT(`{"msg_id":1}`)),
      frames.with(3, TEXT("null")),
      frames.with(3, TEXT(`{"msg_id":5}`)),
      frames.with(4, TEXT("5")),
      frames.with(5, TEXT("{")),
      frames.with(5, Uint8Array.of(0xff, 0xfe)),
      frames.with(5, deep),
    ]
  ) throws(() => openMessage(broken, ""), { name: "MessageError" });
});
