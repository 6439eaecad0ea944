/** Executed notebooks → one HTML page that needs nothing else: no script, no request. */

import { codeToHtml } from "./code_html.ts";
import { escapeHtml } from "./escape.ts";
import type { Notebook, NotebookCell } from "./notebook.ts";
import { type Heading, Prose } from "./prose.ts";
import { outputToHtml } from "./report_output.ts";
import { REPORT_STYLE } from "./report_style.ts";

/** One executed notebook and how its run went. */
export interface ReportedNotebook {
  /** The file's name, shown beside the title. */
  readonly name: string;
  readonly notebook: Notebook;
  /** How long the run took, in milliseconds. */
  readonly durationMs?: number;
  /** Why the run stopped, in a line; undefined when every cell ran. */
  readonly failure?: string;
}

/** What a browser may load for this page: what is in it. Scripts of outputs do not run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; " +
  "base-uri 'none'; form-action 'none'";

/** Renders the notebooks one after the other behind a table of contents. */
export function renderReport(notebooks: readonly ReportedNotebook[], options: { title?: string } = {}): string {
  const title = escapeHtml(options.title ?? "Levada report");
  const parts = notebooks.map((item, index) => renderNotebook(item, index + 1));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<nav aria-label="Contents">
<p class="brand">${title}</p>
<ol>
${parts.map((part) => part.contents).join("\n")}
</ol>
</nav>
<main>
${parts.map((part) => part.article).join("\n")}
</main>
</body>
</html>
`;
}

function renderNotebook(item: ReportedNotebook, number: number): { contents: string; article: string } {
  const prose = new Prose(`n${number}`);
  const outputProse = new Prose(`o${number}`); // headings inside outputs stay out of the contents
  const cells = item.notebook.cells.map((cell) => renderCell(cell, prose, outputProse)).join("\n");
  const [first] = prose.headings;
  const name = escapeHtml(item.name);
  const title = first?.level === 1 ? first.html : name;
  const inner = prose.headings.filter((heading) => heading.level === 2).map(entry).join("");
  const mark = item.failure === undefined ? "" : ` <span class="failed">failed</span>`;
  const contents = `<li><a href="#n${number}">${title}</a>${mark}${inner === "" ? "" : `<ol>${inner}</ol>`}</li>`;
  const counts =
    item.notebook.cells.filter((cell) => cell.cell_type === "code" && cell.execution_count !== null).length;
  const time = item.durationMs === undefined ? "" : ` in ${(item.durationMs / 1000).toFixed(1)} s`;
  const note = `<p class="note">${name} · ${counts} ${counts === 1 ? "cell" : "cells"} run${time}</p>`;
  const failure = item.failure === undefined ? "" : `<p class="stopped" role="alert">${escapeHtml(item.failure)}</p>`;
  return { contents, article: `<article id="n${number}">\n${note}\n${failure}${cells}\n</article>` };
}

function entry(heading: Heading): string {
  return `<li><a href="#${heading.id}">${heading.html}</a></li>`;
}

function renderCell(cell: NotebookCell, prose: Prose, outputProse: Prose): string {
  if (cell.cell_type === "raw") return `<pre class="raw">${escapeHtml(cell.source)}</pre>`;
  if (cell.cell_type === "markdown") {
    return `<section class="prose">${prose.render(cell.source, cell.attachments)}</section>`;
  }
  if (cell.source.trim() === "" && cell.outputs.length === 0) return "";
  const outputs = cell.outputs.map((output) => outputToHtml(output, outputProse)).join("\n");
  const count = `<span class="count" aria-hidden="true">${cell.execution_count ?? ""}</span>`;
  const code = `<div class="input">${count}<pre class="code"><code>${codeToHtml(cell.source)}</code></pre></div>`;
  return `<section class="cell">${code}${outputs === "" ? "" : `\n<div class="outputs">${outputs}</div>`}</section>`;
}
