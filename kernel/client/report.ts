/** Executed notebooks → one HTML page that needs nothing else: no script, no request. */

import { escapeText } from "../../lib/draw/escape.ts";
import { codeToHtml } from "./code_html.ts";
import type { Notebook, NotebookCell } from "./notebook.ts";
import { type Heading, Prose } from "./prose.ts";
import { outputToHtml } from "./report_output.ts";
import { REPORT_STYLE } from "./report_style.ts";

/** One notebook and how its run went. */
export interface ReportedNotebook {
  /** The file's name, shown beside the title. */
  readonly name: string;
  readonly notebook: Notebook;
  /** How long the run took, in milliseconds. */
  readonly durationMs?: number;
  /** What went wrong, in the order of the cells; none when every cell ran. */
  readonly failures?: readonly ReportedFailure[];
  /** Why the notebook was not run at all, in a few words; its cells are left out then. */
  readonly notRun?: string;
}

/** Something that went wrong in a run. */
export interface ReportedFailure {
  /** The cell's place among all cells, from 1; undefined where it was no cell's. */
  readonly cell?: number;
  /** What happened, in a line: `failed: TypeError: too small`. */
  readonly message: string;
}

/** What a browser may load for this page: what is in it. Scripts of outputs do not run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; " +
  "base-uri 'none'; form-action 'none'";

/** Renders the notebooks one after the other behind a table of contents. */
export function renderReport(notebooks: readonly ReportedNotebook[], options: { title?: string } = {}): string {
  const title = escapeText(options.title ?? "Levada report");
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
  const { failures = [], notRun } = item;
  const prose = new Prose(`n${number}`);
  const outputProse = new Prose(`o${number}`); // headings inside outputs stay out of the contents
  const cells = item.notebook.cells.map((cell, index) => {
    const id = `n${number}-c${index + 1}`;
    return renderCell(cell, { prose, outputProse, id, isStopped: failures.length > 0 });
  });
  const [first] = prose.headings;
  const name = escapeText(item.name);
  const title = first?.level === 1 ? first.html : name;
  if (notRun !== undefined) {
    const contents = `<li><a href="#n${number}">${title}</a> <span class="skipped">not run</span></li>`;
    const note = `<p class="note">${name}</p>\n<div class="prose"><h1>${title}</h1></div>`;
    const why = `<p class="skipped">Not run: ${escapeText(notRun)}</p>`;
    return { contents, article: `<article id="n${number}">\n${note}\n${why}\n</article>` };
  }
  const inner = prose.headings.filter((heading) => heading.level === 2).map(entry).join("");
  const mark = failures[0] === undefined ? "" : ` <a class="failed" href="#${placeOf(failures[0], number)}">failed</a>`;
  const contents = `<li><a href="#n${number}">${title}</a>${mark}${inner === "" ? "" : `<ol>${inner}</ol>`}</li>`;
  const counts =
    item.notebook.cells.filter((cell) => cell.cell_type === "code" && cell.execution_count !== null).length;
  const time = item.durationMs === undefined ? "" : ` in ${(item.durationMs / 1000).toFixed(1)} s`;
  const note = `<p class="note">${name} · ${counts} ${counts === 1 ? "cell" : "cells"} run${time}</p>`;
  const told = failures.map((failure) => `<p class="stopped" role="alert">${failureText(failure, number)}</p>\n`);
  return { contents, article: `<article id="n${number}">\n${note}\n${told.join("")}${cells.join("\n")}\n</article>` };
}

function entry(heading: Heading): string {
  return `<li><a href="#${heading.id}">${heading.html}</a></li>`;
}

function placeOf({ cell }: ReportedFailure, number: number): string {
  return cell === undefined ? `n${number}` : `n${number}-c${cell}`;
}

function failureText(failure: ReportedFailure, number: number): string {
  const { cell, message } = failure;
  const link = cell === undefined ? "" : `<a href="#${placeOf(failure, number)}">Cell ${cell}</a> `;
  return `${link}${escapeText(message)}`;
}

interface CellPlace {
  readonly prose: Prose;
  readonly outputProse: Prose;
  readonly id: string;
  /** Something failed in this notebook, so a cell without a number did not come to run. */
  readonly isStopped: boolean;
}

function renderCell(cell: NotebookCell, { prose, outputProse, id, isStopped }: CellPlace): string {
  if (cell.cell_type === "raw") return `<pre class="raw">${escapeText(cell.source)}</pre>`;
  if (cell.cell_type === "markdown") {
    return `<section class="prose">${prose.render(cell.source, cell.attachments)}</section>`;
  }
  if (cell.source.trim() === "" && cell.outputs.length === 0) return "";
  const isRun = !isStopped || cell.execution_count !== null || cell.outputs.length > 0;
  const outputs = cell.outputs.map((output) => outputToHtml(output, outputProse)).join("\n");
  const count = `<span class="count" aria-hidden="true">${cell.execution_count ?? ""}</span>`;
  const code = `<div class="input">${count}<pre class="code"><code>${codeToHtml(cell.source)}</code></pre></div>`;
  const shown = outputs === "" ? "" : `\n<div class="outputs">${outputs}</div>`;
  const skipped = isRun ? "" : `\n<p class="skipped">not run</p>`;
  return `<section class="cell${isRun ? "" : " not-run"}" id="${id}">${code}${shown}${skipped}</section>`;
}
