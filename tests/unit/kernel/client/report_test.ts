import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Notebook } from "../../../../kernel/client/notebook.ts";
import { renderReport } from "../../../../kernel/client/report.ts";

const PICTURE = '<svg viewBox="0 0 1 1"><title>a graph</title></svg>';
const NOTEBOOK: Notebook = {
  metadata: {},
  cells: [
    { id: "a", cell_type: "markdown", metadata: {}, source: "# A *router*\n\n## First\n\n## Second" },
    {
      id: "b",
      cell_type: "code",
      metadata: {},
      source: "graph",
      execution_count: 7,
      outputs: [{ output_type: "execute_result", execution_count: 7, data: { "text/html": PICTURE }, metadata: {} }],
    },
    { id: "c", cell_type: "code", metadata: {}, source: "  ", execution_count: null, outputs: [] },
    { id: "d", cell_type: "raw", metadata: {}, source: "<raw>" },
  ],
};

Deno.test("renderReport() lists every notebook and its parts, and each entry leads somewhere", () => {
  const html = renderReport([{ name: "a.ipynb", notebook: NOTEBOOK }, { name: "b.ipynb", notebook: NOTEBOOK }]);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  deepStrictEqual(links, ["n1", "n1-2", "n1-3", "n2", "n2-2", "n2-3"]);
  ok(links.every((id) => ids.has(id)));
  strictEqual(html.split(PICTURE).length - 1, 2);
});

Deno.test("renderReport() forbids the browser every request and every script", () => {
  const html = renderReport([{ name: "a.ipynb", notebook: NOTEBOOK }]);
  match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'; /);
  ok(!/<script|<link|src="http|url\(http|@import/.test(html));
});

Deno.test("renderReport() tells how a run went, and leads to the cell that failed", () => {
  const html = renderReport([{
    name: "<a>.ipynb",
    notebook: NOTEBOOK,
    durationMs: 1234,
    failures: [{ cell: 2, message: "failed: <no>" }],
  }]);
  match(html, /<p class="note">&lt;a&gt;\.ipynb · 1 cell run in 1\.2 s<\/p>/);
  match(html, /<p class="stopped" role="alert"><a href="#n1-c2">Cell 2<\/a> failed: &lt;no&gt;<\/p>/);
  match(html, /<nav[^]*<a class="failed" href="#n1-c2">failed<\/a>[^]*<\/nav>/);
  match(html, /<section class="cell" id="n1-c2">/);
});

Deno.test("renderReport() marks the cells that did not come to run, and none where every cell did", () => {
  const code = { cell_type: "code" as const, metadata: {}, execution_count: null, outputs: [] };
  const late = { ...code, id: "e", source: "late()" };
  const broken = {
    ...code,
    id: "f",
    source: "slow()",
    outputs: [{ output_type: "stream" as const, name: "stdout", text: "x" }],
  };
  const notebook = { metadata: {}, cells: [...NOTEBOOK.cells, broken, late] };
  const failed = renderReport([{ name: "a.ipynb", notebook, failures: [{ message: "The run was interrupted" }] }]);
  deepStrictEqual([...failed.matchAll(/class="cell not-run" id="([^"]+)"/g)].map(([, id]) => id), ["n1-c6"]);
  match(failed, /late\(\)<\/code><\/pre><\/div>\n<p class="skipped">not run<\/p><\/section>/);
  match(failed, /<p class="stopped" role="alert">The run was interrupted<\/p>/);
  ok(!renderReport([{ name: "a.ipynb", notebook }]).includes('not-run"'));
});

Deno.test("renderReport() names a notebook that was not run, and shows none of its cells", () => {
  const html = renderReport([{ name: "b.ipynb", notebook: NOTEBOOK, notRun: "a cell of <a>.ipynb failed" }]);
  match(html, /<li><a href="#n1">A <em>router<\/em><\/a> <span class="skipped">not run<\/span><\/li>/);
  match(
    html,
    /<h1>A <em>router<\/em><\/h1><\/div>\n<p class="skipped">Not run: a cell of &lt;a&gt;\.ipynb failed<\/p>/,
  );
  ok(!html.includes('class="cell"') && !html.includes(PICTURE));
});

Deno.test("renderReport() wraps long text, so that nothing is hidden behind a bar that nobody sees", () => {
  const html = renderReport([{ name: "a.ipynb", notebook: NOTEBOOK }]);
  match(html, /\npre \{[^}]*white-space: pre-wrap; overflow-wrap: anywhere; \}/);
  match(html, /::-webkit-scrollbar \{/);
});

Deno.test("renderReport() calls a notebook without a title by its name, and leaves empty cells out", () => {
  const cells = NOTEBOOK.cells.slice(2);
  const html = renderReport([{ name: "plain.ipynb", notebook: { metadata: {}, cells } }], { title: "A & B" });
  match(html, /<li><a href="#n1">plain\.ipynb<\/a><\/li>/);
  match(html, /<title>A &amp; B<\/title>/);
  ok(html.includes('<pre class="raw">&lt;raw&gt;</pre>') && !html.includes('class="input"'));
});
