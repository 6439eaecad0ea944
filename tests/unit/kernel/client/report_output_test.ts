import { match, ok, strictEqual } from "node:assert/strict";
import { Prose } from "../../../../kernel/client/prose.ts";
import type { Bundle } from "../../../../kernel/client/notebook.ts";
import { outputToHtml } from "../../../../kernel/client/report_output.ts";

function show(data: Bundle): string {
  return outputToHtml({ output_type: "display_data", data, metadata: {} }, new Prose("o"));
}

Deno.test("outputToHtml() prefers HTML, then SVG, pictures, Markdown and text", () => {
  const all: [string, string, RegExp][] = [
    ["text/html", "<i>html</i>", /<i>html<\/i><\/template><\/div>$/],
    ["image/svg+xml", "<svg id='s'></svg>", /<svg id='s'><\/svg><\/template>/],
    ["image/png", "aGk=\n", /<img src="data:image\/png;base64,aGk=" alt="text">/],
    ["text/markdown", "**bold**", /<strong>bold<\/strong>/],
    ["text/plain", "text", /^<pre class="result">text<\/pre>$/],
  ];
  for (let from = 0; from < all.length; from++) {
    match(show(Object.fromEntries(all.slice(from).map(([type, value]) => [type, value]))), all[from]![2]);
  }
});

Deno.test("outputToHtml() shows JSON that has no other form, and nothing for an empty bundle", () => {
  strictEqual(show({ "application/json": { a: 1 } }), '<pre class="result">{\n &quot;a&quot;: 1\n}</pre>');
  strictEqual(show({}), "");
});

Deno.test("outputToHtml() keeps HTML that forgets its end from swallowing the page", () => {
  for (
    const [html, end] of [["<!-- x", "-->"], ["<style>b {", "</style>"], ["<script>1", "</script>"], [
      "<textarea>",
      "</textarea>",
    ]]
  ) {
    ok(show({ "text/html": html }).endsWith(`${end}</template></div>`), html);
  }
  ok(show({ "text/html": "<style>b {}</style><!-- x -->" }).endsWith("<!-- x --></template></div>"));
});

Deno.test("outputToHtml() escapes streams and errors", () => {
  const prose = new Prose("o");
  strictEqual(
    outputToHtml({ output_type: "stream", name: "stderr", text: "<b>" }, prose),
    '<pre class="stream stderr">&lt;b&gt;</pre>',
  );
  const failure = { output_type: "error" as const, ename: "A<", evalue: "b", traceback: [] };
  strictEqual(outputToHtml(failure, prose), '<pre class="error" role="alert">A&lt;: b</pre>');
});

Deno.test("outputToHtml() cuts text that no page can hold and tells how much is missing", () => {
  const html = outputToHtml({ output_type: "stream", name: "stdout", text: "x".repeat(1_000_000) }, new Prose("o"));
  match(html, /… 900000 more characters in the notebook<\/pre>$/);
  ok(html.length < 110_000);
});

Deno.test("outputToHtml() lets text wrap, but keeps the lines of a drawn table", () => {
  const shown = (text: string) => outputToHtml({ output_type: "stream", name: "stdout", text }, new Prose("o"));
  match(shown("a long line"), /^<pre class="stream">/);
  match(shown("┌───┬───┐\n│ a │ b │\n└───┴───┘"), /^<pre class="stream ruled">/);
});
