import { deepStrictEqual } from "node:assert/strict";
import { redact } from "../../../../lib/telemetry/redact.ts";

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
      tokens: 12,
      numbers: { tokens: [101, 2003] },
      texts: { tokens: ["abc"], token: 5 },
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
      tokens: 12,
      numbers: { tokens: [101, 2003] },
      texts: { tokens: "***", token: "***" },
    },
  );
});
