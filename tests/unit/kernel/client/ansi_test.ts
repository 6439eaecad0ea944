import { strictEqual } from "node:assert/strict";
import { ansiToHtml, stripAnsi } from "../../../../kernel/client/ansi.ts";

Deno.test("ansiToHtml() turns colours into classes and ends them where they end", () => {
  strictEqual(ansiToHtml("\x1b[31mred\x1b[39m plain"), '<span class="ansi-red">red</span> plain');
  strictEqual(ansiToHtml("\x1b[1;92mok\x1b[0m."), '<span class="ansi-bold ansi-green">ok</span>.');
  strictEqual(ansiToHtml("\x1b[31ma\x1b[34mb"), '<span class="ansi-red">a</span><span class="ansi-blue">b</span>');
});

Deno.test("ansiToHtml() escapes text and drops every other control sequence", () => {
  strictEqual(ansiToHtml("<b>\x1b[2K\x1b]0;title\x07&\x1b[38;5;208mx\x1b[48;2;1;2;3my"), "&lt;b&gt;&amp;xy");
});

Deno.test("ansiToHtml() shows only the last state of a line that was written over", () => {
  strictEqual(ansiToHtml("10%\r50%\r100%\r\nnext\r"), "100%\nnext");
});

Deno.test("ansiToHtml() takes a sequence that is cut off", () => {
  strictEqual(ansiToHtml("a\x1b[31"), "a[31");
});

Deno.test("stripAnsi() leaves the text alone", () => {
  strictEqual(stripAnsi("\x1b[1m\x1b[31mError\x1b[0m: no"), "Error: no");
});
