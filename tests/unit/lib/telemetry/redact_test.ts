import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isSecretName, redact, redactText } from "../../../../lib/telemetry/redact.ts";

Deno.test("isSecretName() knows what is a secret by its name, and what only sounds so", () => {
  const secret = [
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "apiKey",
    "API_KEY",
    "dbPassword",
    "client_secret",
    "ACCESS_TOKEN",
    "token",
    "aws.secret.access.key",
    "x-amz-signature",
  ];
  deepStrictEqual(secret.filter((name) => !isSecretName(name)), []);
  const open = ["step", "tokens_used_total", "monkey", "author", "tokenizer", "keyboard", "key", "path", "basic"];
  deepStrictEqual(open.filter(isSecretName), []);
});

Deno.test("redactText() hides credentials by their form, and leaves the rest", () => {
  strictEqual(redactText("sent Bearer eyJ.abc-d and basic dXNlcg=="), "sent Bearer *** and basic ***");
  strictEqual(redactText("redis://:pw@host:1/0 and https://a:b@c/d"), "redis://***@host:1/0 and https://***@c/d");
  strictEqual(redactText("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- tail"), "*** tail");
  strictEqual(redactText("ann@example.org bears basics"), "ann@example.org bears basics");
  strictEqual(redactText("x".repeat(20_000)).length, 10_001);
});

Deno.test("redact() makes data of anything, bounded, and never throws", () => {
  const round: Record<string, unknown> = {};
  round.self = round;
  deepStrictEqual(JSON.stringify(redact(round)).includes("…"), true);
  const hostile = {
    get broken() {
      throw new Error("no");
    },
  };
  deepStrictEqual(
    redact({
      hostile,
      json: {
        toJSON() {
          throw new Error("no");
        },
      },
      nan: Number.NaN,
      big: 1n,
      bytes: new Uint8Array(5),
      symbol: Symbol("s"),
      map: new Map([["token", 1]]),
      set: new Set([1]),
      error: new RangeError("Bearer abcdef"),
      date: new Date(0),
      list: new Array(500).fill(0),
      none: null,
    }),
    {
      hostile: "(unreadable)",
      json: "(unreadable)",
      nan: "NaN",
      big: "1",
      bytes: "(5 bytes)",
      symbol: "Symbol(s)",
      map: { token: "***" },
      set: [1],
      error: { name: "RangeError", message: "Bearer ***" },
      date: "1970-01-01T00:00:00.000Z",
      list: new Array(100).fill(0),
      none: null,
    },
  );
});
