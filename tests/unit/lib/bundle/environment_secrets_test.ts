import { strictEqual } from "node:assert/strict";
import { hasSecretForm, variableIn } from "../../../../lib/bundle/environment_secrets.ts";

const VARIABLES = {
  HOME: "/home/ada-77",
  DENO_DIR: "cache-77-x",
  SHOP_KEY: "abcdef",
  SHORT_KEY: "abc",
  MODE: "production mode",
  PORT_RANGE: "8000-9000",
  FOLDER: "/srv/models-7",
  SERVER: "http://localhost:9000/x7",
  DATABASE: "postgres://me:word@host/x",
  PLAN: "Plan9-tariff",
};

const FOUND: readonly [data: unknown, name: string | undefined][] = [
  ["abcdef", "SHOP_KEY"],
  [["x", { y: "Bearer abcdef" }], "SHOP_KEY"],
  [{ abcdef: 1 }, "SHOP_KEY"],
  ["abc", undefined],
  ["/home/ada-77", undefined],
  ["cache-77-x", undefined],
  ["production mode", undefined],
  ["8000-9000", undefined],
  ["/srv/models-7", undefined],
  ["http://localhost:9000/x7", undefined],
  ["postgres://me:word@host/x", "DATABASE"],
  ["Plan9-tariff", "PLAN"],
  [null, undefined],
];

Deno.test("variableIn() finds what the environment has, but no paths, words, numbers and short values", () => {
  for (const [data, name] of FOUND) strictEqual(variableIn(data, VARIABLES), name, JSON.stringify(data));
  const ring: unknown[] = ["abcdef"];
  ring.unshift(ring);
  strictEqual(variableIn(ring, VARIABLES), "SHOP_KEY");
  strictEqual(variableIn(123456789, { PIN_TOKEN: "123456789" }), "PIN_TOKEN");
});

Deno.test("hasSecretForm() knows addresses with a password", () => {
  strictEqual(hasSecretForm(["https://me:hunter2@shop.example"]), true);
  strictEqual(hasSecretForm({ key: "spam" }), false);
});
