import { escapeText } from "./escape.ts";
import { FONT, themed } from "./theme.ts";

/** How a table is drawn. */
export interface TableOptions {
  /** Which fields are shown, in this order; default: those of the rows, as they come. */
  columns?: readonly string[];
  /** A line above the table. */
  caption?: string;
  /** How many rows are shown at most, default 50; the rest is counted. */
  maxRows?: number;
}

const ROWS = 50; // a screenful or two: a notebook is read, not searched

/** Rows that a notebook shows as a table. */
export class Table {
  readonly #rows: readonly Readonly<Record<string, unknown>>[];
  readonly #columns: readonly string[];
  readonly #options: TableOptions;
  readonly #hidden: number;

  /** Takes the rows; at most `maxRows` of them are kept. */
  constructor(rows: readonly Readonly<Record<string, unknown>>[], options: TableOptions = {}) {
    this.#rows = rows.slice(0, options.maxRows ?? ROWS);
    this.#hidden = rows.length - this.#rows.length;
    this.#columns = options.columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
    this.#options = options;
  }

  /** The table as HTML, with colours for light and dark pages. */
  get html(): string {
    const numeric = new Set(this.#columns.filter((column) => this.#rows.every((row) => isNumber(row[column]))));
    const cell = (tag: string, column: string, text: string) =>
      `<${tag}${numeric.has(column) ? ` class="number"` : ""}>${escapeText(text)}</${tag}>`;
    const head = this.#columns.map((column) => cell("th", column, column)).join("");
    const body = this.#rows.map((row) =>
      `<tr>${this.#columns.map((column) => cell("td", column, textOf(row[column]))).join("")}</tr>`
    );
    const { caption } = this.#options;
    return `<div class="levada-table"><style>${STYLE}</style><table>${
      caption === undefined ? "" : `<caption>${escapeText(caption)}</caption>`
    }` +
      `<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${
        this.#hidden > 0 ? `<p>and ${this.#hidden} more rows</p>` : ""
      }</div>`;
  }

  /** The table as plain text. */
  get text(): string {
    const lines = [this.#columns, ...this.#rows.map((row) => this.#columns.map((column) => textOf(row[column])))];
    const widths = this.#columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
    const drawn = lines.map((line) => line.map((text, index) => text.padEnd(widths[index]!)).join("  ").trimEnd());
    const { caption } = this.#options;
    return [
      ...(caption === undefined ? [] : [caption]),
      ...drawn,
      ...(this.#hidden > 0 ? [`and ${this.#hidden} more rows`] : []),
    ].join("\n");
  }

  /** Shows the table in a notebook. */
  [Symbol.for("Jupyter.display")](): Record<string, unknown> {
    return { "text/html": this.html, "text/plain": this.text };
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
 * deepStrictEqual(hits.text, "model  right\nm1     147\nm2     149");
 * ```
 *
 * @param rows One object a row; fields that a row lacks stay empty.
 */
export function table(rows: readonly Readonly<Record<string, unknown>>[], options: TableOptions = {}): Table {
  return new Table(rows, options);
}

const STYLE = `${themed(".levada-table")}
.levada-table{overflow-x:auto;font:13px ${FONT};color:var(--ink)}
.levada-table table{border-collapse:collapse;margin:0}
.levada-table caption{text-align:left;padding:0 0 4px;font-weight:600;color:var(--ink)}
.levada-table :is(th,td){text-align:left;padding:3px 14px 3px 4px;border:0;border-bottom:1px solid color-mix(in srgb,var(--line) 35%,transparent);background:none;color:var(--ink)}
.levada-table th{font-weight:600;color:var(--soft)}
.levada-table .number{text-align:right;font-variant-numeric:tabular-nums}
.levada-table p{color:var(--soft);margin:4px}`;

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value === "object" && !(value instanceof Date)) return JSON.stringify(value) ?? String(value);
  return value instanceof Date ? value.toISOString() : String(value);
}
