/** One output of a cell → HTML for the report. */

import { escapeText } from "../../lib/draw/escape.ts";
import { ansiToHtml } from "./ansi.ts";
import type { Bundle, NotebookOutput } from "./notebook.ts";
import type { Prose } from "./prose.ts";
import { SHOWN_STYLE } from "./report_style.ts";

/** Longer text is cut in the report; the executed notebook keeps it whole. */
const TEXT_LIMIT_CHARACTERS = 100_000;

/** Shows one output: `text/html` first, then SVG, pictures, Markdown, and text at last. */
export function outputToHtml(output: NotebookOutput, prose: Prose): string {
  switch (output.output_type) {
    case "stream": {
      return textToHtml(output.text, output.name === "stderr" ? "stream stderr" : "stream");
    }
    case "error": {
      const traceback = output.traceback.join("\n") || `${output.ename}: ${output.evalue}`;
      return `<pre class="error" role="alert">${ansiToHtml(cut(traceback))}</pre>`;
    }
    default:
      return bundleToHtml(output.data, prose);
  }
}

function bundleToHtml(data: Bundle, prose: Prose): string {
  const text = (type: string) => typeof data[type] === "string" ? data[type] : undefined;
  const html = text("text/html") ?? text("image/svg+xml");
  if (html !== undefined) return shadow(html);
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const picture = text(type);
    if (picture === undefined) continue;
    const alt = text("text/plain") ?? "picture";
    return `<div class="shown"><img src="data:${type};base64,${escapeText(picture.replace(/\s/g, ""))}" alt="${
      escapeText(alt)
    }"></div>`;
  }
  const markdown = text("text/markdown");
  if (markdown !== undefined) return `<div class="shown prose">${prose.render(markdown)}</div>`;
  const plain = text("text/plain") ?? JSON.stringify(Object.values(data)[0], null, 1);
  return plain === undefined ? "" : textToHtml(plain, "result");
}

/** Text of a terminal. Long lines wrap, but not those of a drawn table, as `console.table` makes: it would be unreadable. */
function textToHtml(text: string, kind: string): string {
  return `<pre class="${kind}${/[┌├└]─/.test(text) ? " ruled" : ""}">${ansiToHtml(cut(text))}</pre>`;
}

/**
 * The user's own HTML as it is, in a shadow root of its own: its styles and ids (every plot has a `clip-1`) meet no other
 * output's, and a forgotten end tag ends here. No script is needed for it.
 */
function shadow(html: string): string {
  const open = `<div class="shown"><template shadowrootmode="open"><style>${SHOWN_STYLE}</style>`;
  return `${open}${closed(html)}</template></div>`;
}

/** Ends what would swallow the rest of the page: a comment, or an element whose content is no HTML. */
function closed(html: string): string {
  const comment = html.lastIndexOf("<!--") > html.lastIndexOf("-->") ? "-->" : "";
  const ends = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"].filter((name) =>
    html.toLowerCase().lastIndexOf(`<${name}`) > html.toLowerCase().lastIndexOf(`</${name}`)
  );
  return `${html}${comment}${ends.map((name) => `</${name}>`).join("")}`;
}

function cut(text: string): string {
  const more = text.length - TEXT_LIMIT_CHARACTERS;
  return more > 0 ? `${text.slice(0, TEXT_LIMIT_CHARACTERS)}\n… ${more} more characters in the notebook` : text;
}
