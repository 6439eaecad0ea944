/** Markdown → HTML that cannot run, fetch or break anything: raw HTML is shown as text, links must be plain ones. */

import { Marked } from "marked";
import { escapeText } from "../../lib/draw/escape.ts";
import { codeToHtml } from "./code_html.ts";
import type { Bundle } from "./notebook.ts";

/** A heading of the prose, for the table of contents. */
export interface Heading {
  readonly id: string;
  /** 1 to 6. */
  readonly level: number;
  /** As HTML, without links. */
  readonly html: string;
}

/** Pieces of Markdown rendered one after the other, so that heading ids stay unique among them. */
export class Prose {
  /** Every heading rendered so far. */
  readonly headings: Heading[] = [];
  readonly #prefix: string;

  /** @param prefix Starts each heading's id. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Renders one piece. `attachments` are the cell's own pictures, by name. */
  render(markdown: string, attachments: Record<string, Bundle> = {}): string {
    const { headings } = this;
    const prefix = this.#prefix;
    const marked = new Marked({
      gfm: true,
      async: false,
      renderer: {
        html: ({ text }) => escapeText(text),
        code: ({ text, lang }) => {
          const isScript = /^(ts|tsx|js|jsx|typescript|javascript)\b/.test(lang ?? "");
          return `<pre class="code"><code>${isScript ? codeToHtml(text) : escapeText(text)}</code></pre>\n`;
        },
        heading({ tokens, depth }) {
          const inner = this.parser.parseInline(tokens);
          const id = `${prefix}-${headings.length + 1}`;
          headings.push({ id, level: depth, html: inner.replace(/<\/?(?:a|img)\b[^>]*>/g, "") });
          return `<h${depth} id="${id}">${inner}</h${depth}>\n`;
        },
        link({ href, tokens }) {
          const inner = this.parser.parseInline(tokens);
          return isPlainLink(href) ? `<a href="${escapeText(href)}" rel="noreferrer">${inner}</a>` : inner;
        },
        image({ href, text }) {
          const source = href.startsWith("attachment:") ? attached(attachments[href.slice(11)]) : href;
          const alt = escapeText(text);
          if (source !== undefined && /^data:image\//.test(source)) {
            return `<img src="${escapeText(source)}" alt="${alt}">`;
          }
          return isPlainLink(href) ? `<a href="${escapeText(href)}" rel="noreferrer">${alt || "picture"}</a>` : alt;
        },
        table(token) {
          const cells = (row: typeof token.header, tag: string) =>
            row.map((cell) =>
              `<${tag}${cell.align ? ` style="text-align:${cell.align}"` : ""}>${
                this.parser.parseInline(cell.tokens)
              }</${tag}>`
            ).join("");
          const body = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
          return `<div class="scroll"><table><thead><tr>${
            cells(token.header, "th")
          }</tr></thead><tbody>${body}</tbody></table></div>\n`;
        },
      },
    });
    return marked.parse(markdown, { async: false });
  }
}

/** Web and mail addresses, and places relative to the page; never `javascript:` or the like. */
function isPlainLink(href: string): boolean {
  return /^(?:https?:|mailto:|#)/i.test(href) || !/^[^/?#]*:/.test(href);
}

function attached(bundle: Bundle | undefined): string | undefined {
  const [type, value] = Object.entries(bundle ?? {})[0] ?? [];
  if (type === undefined || typeof value !== "string" || !/^image\/[\w.+-]+$/.test(type)) return undefined;
  return `data:${type};base64,${value.replace(/\s/g, "")}`;
}
