import { escapeText, oneLine } from "./escape.ts";
import { cut, padTo, widthOf } from "./text_width.ts";
import { FONT, scrolling, themed } from "./theme.ts";

/** How a table is drawn. */
export interface TableOptions {
  /** Which fields are shown, in this order; default: those of the shown rows, as they come. */
  columns?: readonly string[];
  /** A line above the table. */
  caption?: string;
  /** How many rows are shown at most, default 50; the rest is counted. */
  maxRows?: number;
}

const ROWS = 50; // a screenful or two: a notebook is read, not searched
const LETTERS = 200; // of a cell in HTML: some lines of prose
const TEXT_LETTERS = 60; // of a cell in text, where nothing wraps
const SHORT_LETTERS = 24; // a column of such cells stays on one line; a narrow page scrolls to it

/** Rows that a notebook shows as a table. */
export class Table {
  readonly #rows: readonly Readonly<Record<string, unknown>>[];
  readonly #columns: readonly string[];
  readonly #options: TableOptions;
  readonly #hidden: number;
  readonly #isNumeric: readonly boolean[];
  readonly #isLong: readonly boolean[];

  /** Takes the rows; at most `maxRows` of them are kept. */
  constructor(rows: readonly object[], options: TableOptions = {}) {
    const { maxRows = ROWS, columns } = options;
    if (!Number.isInteger(maxRows) || maxRows < 0) {
      throw new RangeError(`Cannot show ${maxRows} rows: maxRows is a whole number, 0 or more`);
    }
    this.#rows = rows.slice(0, maxRows) as Readonly<Record<string, unknown>>[];
    this.#hidden = rows.length - this.#rows.length;
    this.#columns = columns ?? [...new Set(this.#rows.flatMap((row) => Object.keys(row)))];
    this.#isNumeric = this.#columns.map((column) => this.#isOfNumbers(column));
    this.#isLong = this.#columns.map((column) => this.#rows.some((row) => isLong(textOf(row[column]))));
    this.#options = options;
  }

  /** The table as HTML, in the page's colours, light or dark. */
  get html(): string {
    const cell = (tag: string, text: string, index: number) => {
      const kind = this.#isNumeric[index] ? ` class="number"` : this.#isLong[index] ? ` class="long"` : "";
      return `<${tag}${kind}>${escapeText(cut(text, LETTERS))}</${tag}>`;
    };
    const head = this.#columns.map((column, index) => cell("th", column, index)).join("");
    const body = this.#rows.map((row) =>
      `<tr>${this.#columns.map((column, index) => cell("td", textOf(row[column]), index)).join("")}</tr>`
    );
    const { caption } = this.#options;
    const said = caption === undefined ? undefined : escapeText(caption);
    return [
      `<div class="levada-table"><style>${STYLE}</style>`,
      // No <caption>: it would wrap to the width of a narrow table.
      said === undefined ? `<table>` : `<p class="caption">${said}</p><table aria-label="${said}">`,
      `<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`,
      this.#rest.map((line) => `<p>${line}</p>`).join(""),
      `</div>`,
    ].join("");
  }

  /** The table as plain text. */
  get text(): string {
    const lines = [this.#columns, ...this.#rows.map((row) => this.#columns.map((column) => textOf(row[column])))]
      .map((line) => line.map((text) => cut(oneLine(text), TEXT_LETTERS)));
    const widths = this.#columns.map((_, index) =>
      lines.reduce((most, line) => Math.max(most, widthOf(line[index]!)), 0)
    );
    const drawn = lines.map((line) =>
      line.map((text, index) => padTo(text, this.#isNumeric[index] ? -widths[index]! : widths[index]!)).join("  ")
        .trimEnd()
    );
    const { caption } = this.#options;
    return [...(caption === undefined ? [] : [oneLine(caption)]), ...drawn, ...this.#rest].join("\n");
  }

  /** Both forms, where notebooks look for them. */
  [Symbol.for("Jupyter.display")](): Record<string, unknown> {
    return { "text/html": this.html, "text/plain": this.text };
  }

  /** What is told of the rows that are not shown. */
  get #rest(): readonly string[] {
    if (this.#hidden === 0) return this.#rows.length === 0 ? ["no rows"] : [];
    return [`and ${this.#hidden} more ${this.#hidden === 1 ? "row" : "rows"}`];
  }

  #isOfNumbers(column: string): boolean {
    const values = this.#rows.map((row) => row[column]).filter((value) => value !== undefined && value !== null);
    return values.length > 0 && values.every((value) => typeof value === "number" || typeof value === "bigint");
  }
}

/**
 * Shows rows as a table.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { table } from "levada";
 *
 * const hits = table([{ model: "m1", right: 147 }, { model: "m2", right: 149 }]);
 * deepStrictEqual(hits.text, "model  right\nm1       147\nm2       149");
 * ```
 *
 * @param rows One object a row; fields that a row lacks stay empty.
 */
export function table(rows: readonly object[], options: TableOptions = {}): Table {
  return new Table(rows, options);
}

const STYLE = `${themed(".levada-table")}
${scrolling(".levada-table")}
.levada-table{font:13px/1.45 ${FONT};color:inherit}
.levada-table table{border-collapse:collapse;margin:0;font:inherit}
.levada-table table :is(th,td){text-align:left!important;vertical-align:top;padding:3px 14px 3px 4px;border:0;border-bottom:1px solid var(--faint);background:none;color:var(--ink);white-space:pre;overflow-wrap:normal;word-break:normal}
.levada-table table td.long{white-space:pre-wrap;overflow-wrap:anywhere;min-width:14em;max-width:42em}
.levada-table table th{font-weight:600;color:var(--soft);border-bottom-color:var(--line)}
.levada-table table .number{text-align:right!important;font-variant-numeric:tabular-nums}
.levada-table p{color:var(--soft);margin:4px}
.levada-table p.caption{color:var(--ink);font-weight:600;margin:0 0 4px 4px}`;

/** Whether a cell has more than fits in a line that never wraps. */
function isLong(text: string): boolean {
  return text.includes("\n") || widthOf(cut(text, SHORT_LETTERS + 1)) > SHORT_LETTERS;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (typeof value === "object" || typeof value === "function") return Deno.inspect(value, INSPECT);
  return String(value);
}

const INSPECT: Deno.InspectOptions = { depth: 3, breakLength: Infinity, iterableLimit: 20, strAbbreviateSize: LETTERS };
