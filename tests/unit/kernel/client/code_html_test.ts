import { strictEqual } from "node:assert/strict";
import { codeToHtml } from "../../../../kernel/client/code_html.ts";

Deno.test("codeToHtml() marks keywords, strings, numbers and comments", () => {
  strictEqual(
    codeToHtml('const a = "x"; // 1'),
    '<span class="keyword">const</span> a = <span class="string">&quot;x&quot;</span>; <span class="comment">// 1</span>',
  );
  strictEqual(codeToHtml("f(1.5)"), 'f(<span class="number">1.5</span>)');
});

Deno.test("codeToHtml() marks no word inside another or behind a dot", () => {
  strictEqual(codeToHtml("constant.of(a1, $for)"), "constant.of(a1, $for)");
});

Deno.test("codeToHtml() escapes code, also code that ends in the middle of a string", () => {
  strictEqual(codeToHtml("a < b"), "a &lt; b");
  strictEqual(codeToHtml("`<b>"), '<span class="string">`&lt;b&gt;</span>');
  strictEqual(codeToHtml("/* <"), '<span class="comment">/* &lt;</span>');
});

Deno.test("codeToHtml() takes a megabyte of quotes and backslashes in its stride", () => {
  strictEqual(codeToHtml("\"\\'`".repeat(250_000)).length > 1_000_000, true);
});
