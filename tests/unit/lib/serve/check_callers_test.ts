import { throws } from "node:assert/strict";
import { Secret } from "levada";
import { checkCallers } from "../../../../lib/serve/check_callers.ts";

Deno.test("checkCallers() refuses origins that are none, and tokens that no request can send", () => {
  checkCallers({});
  checkCallers({ cors: ["*", "https://app.example", "http://localhost:3000"], tokens: [new Secret("T", "a.b-c=")] });
  for (
    const origin of ["", "not an origin", "app.example", "https://app.example/", "https://app.example:443", "null"]
  ) {
    throws(() => checkCallers({ cors: [origin] }), { name: "TypeError", message: /an origin is like https/ });
  }
  for (const token of ["two words", " a", "a\n", "ü", "\u0000"]) {
    throws(() => checkCallers({ tokens: [new Secret("T", token)] }), {
      name: "TypeError",
      message: 'Cannot take secret "T" as a token: it has a space, or a letter that no header can have',
    });
  }
});
