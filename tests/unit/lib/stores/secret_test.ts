import { strictEqual } from "node:assert/strict";
import { inspect } from "node:util";
import { Secret } from "../../../../lib/stores/secret.ts";

Deno.test("Secret is shown nowhere", () => {
  const secret = new Secret("TOKEN", "hunter2");
  const shown = [
    `${secret}`,
    secret + "",
    String(secret),
    JSON.stringify({ secret }),
    Deno.inspect(secret),
    Deno.inspect({ deep: [secret] }, { depth: 10, showHidden: true }),
    inspect(secret, { showHidden: true }),
    Deno.inspect(Object.entries(secret)),
    Deno.inspect(structuredClone({ ...secret })),
    new Error(`wrong: ${secret}`).message,
  ];
  strictEqual(shown.filter((text) => text.includes("hunter2")).length, 0);
  strictEqual(JSON.stringify([secret]), '["***"]');
  strictEqual(Deno.inspect(secret), "***");
  strictEqual(secret.reveal(), "hunter2");
});

Deno.test("Secret.matches() takes the whole text and nothing else", () => {
  const secret = new Secret("TOKEN", "hunter2");
  for (const [text, fits] of [["hunter2", true], ["hunter", false], ["hunter22", false], ["", false]] as const) {
    strictEqual(secret.matches(text), fits);
  }
});

Deno.test("Secret asks a function each time", () => {
  let value = "one";
  const secret = new Secret("TOKEN", () => value);
  strictEqual(secret.reveal(), "one");
  value = "two";
  strictEqual(secret.reveal(), "two");
});
