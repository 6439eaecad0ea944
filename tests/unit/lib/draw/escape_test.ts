import { strictEqual } from "node:assert/strict";
import { escapeText, oneLine } from "../../../../lib/draw/escape.ts";

Deno.test("escapeText() writes marks of HTML as entities", () => {
  strictEqual(escapeText(`<a b="c">&'`), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
});

Deno.test("escapeText() replaces what XML cannot hold and keeps lines, tabs and emoji", () => {
  strictEqual(escapeText("a\0b\x1b[31mc\ud800d\uffff"), "a\ufffdb\ufffd[31mc\ufffdd\ufffd");
  strictEqual(escapeText("a\n\tb 👩‍🔬"), "a\n\tb 👩‍🔬");
});

Deno.test("oneLine() lets a name neither break the line, nor move the cursor, nor turn the text", () => {
  strictEqual(oneLine("a\r\n b\tc"), "a b c");
  strictEqual(oneLine("\x1b[2Jgone"), "\ufffd[2Jgone");
  strictEqual(oneLine("abc\u202efed\u2066x"), "abcfedx");
});
