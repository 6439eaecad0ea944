import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Prose } from "../../../../kernel/client/prose.ts";

function render(markdown: string): string {
  return new Prose("p").render(markdown).trim();
}

Deno.test("render() gives headings ids that are unique among all pieces, and lists them", () => {
  const prose = new Prose("n1");
  strictEqual(prose.render("# One *two*").trim(), '<h1 id="n1-1">One <em>two</em></h1>');
  strictEqual(
    prose.render("## [A](https://a.example)").trim(),
    '<h2 id="n1-2"><a href="https://a.example" rel="noreferrer">A</a></h2>',
  );
  deepStrictEqual(prose.headings, [
    { id: "n1-1", level: 1, html: "One <em>two</em>" },
    { id: "n1-2", level: 2, html: "A" },
  ]);
});

Deno.test("render() shows raw HTML as text", () => {
  strictEqual(render("a <img src=x onerror=alert(1)> b"), "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>");
  strictEqual(render("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
});

Deno.test("render() links only where a link is harmless", () => {
  for (
    const href of ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x"]
  ) {
    strictEqual(render(`[x](${href})`).includes("<a"), false, href);
  }
  match(render("[x](&#106;avascript:x)"), /href="&amp;#106;avascript:x"/); // to a browser a file of that name
  for (const href of ["https://a.example/?a=1", "#part", "02_ensemble.ipynb", "mailto:a@b.example"]) {
    match(render(`[x](${href})`), /^<p><a href="/);
  }
});

Deno.test("render() fetches no picture: its own are shown, others are linked", () => {
  const attachments = { "a.png": { "image/png": "aGk=\n" } };
  strictEqual(
    new Prose("p").render("![alt](attachment:a.png)", attachments).trim(),
    '<p><img src="data:image/png;base64,aGk=" alt="alt"></p>',
  );
  strictEqual(render("![alt](attachment:none.png)"), "<p>alt</p>");
  strictEqual(
    render('![a"b](https://a.example/x.png)'),
    '<p><a href="https://a.example/x.png" rel="noreferrer">a&quot;b</a></p>',
  );
});

Deno.test("render() sets tables in a box that scrolls, and colours code", () => {
  match(render("|a|b|\n|-|-:|\n|1|2|"), /^<div class="scroll"><table>.*<td style="text-align:right">2<\/td>/);
  match(render("```ts\nconst a = 1;\n```"), /^<pre class="code"><code><span class="keyword">const<\/span>/);
  strictEqual(render("```\n<b>\n```"), '<pre class="code"><code>&lt;b&gt;</code></pre>');
});
