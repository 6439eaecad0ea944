import { strictEqual } from "node:assert/strict";
import { oneLine, plainLines } from "../../../../lib/telemetry/one_line.ts";

Deno.test("oneLine() writes what breaks lines and moves cursors as escapes, and leaves the rest", () => {
  strictEqual(oneLine("a\nb\r\u001b[2J\u009b\u2028ü 😀"), "a\\nb\\r\\u001b[2J\\u009b\\u2028ü 😀");
});

Deno.test("plainLines() leaves lines and tabs, and writes what moves cursors as escapes", () => {
  strictEqual(plainLines("a\n\tb\r\u001b[2J\u009b\u2028ü 😀"), "a\n\tb\\r\\u001b[2J\\u009b\\u2028ü 😀");
});
