import { FONT, themed } from "./theme.ts";

/** What `Plot.plot` of Observable Plot takes: marks, width, height, x, y, color, title, and so on. */
export interface ChartOptions {
  /** The marks, `[dot(rows, { x: "a", y: "b" })]`; see `marks`. */
  marks: readonly unknown[];
  /** In pixels; default 640. */
  width?: number;
  /** In pixels; default 400. */
  height?: number;
  /** Anything else that `Plot.plot` takes. */
  [option: string]: unknown;
}

type Document = { createElement(name: string): { append(...nodes: unknown[]): void } };
type Drawn = { readonly outerHTML: string; readonly tagName: string };
type PlotModule = { plot(options: object): Drawn };

/** A chart that a notebook shows by itself. */
export class Chart {
  readonly #options: ChartOptions;

  /** Takes what Observable Plot takes; nothing is drawn yet. */
  constructor(options: ChartOptions) {
    this.#options = options;
  }

  /** The chart as HTML with inline SVG, with colours for light and dark pages. */
  async html(): Promise<string> {
    return `<div class="levada-chart"><style>${STYLE}</style>${(await this.#drawn()).outerHTML}</div>`;
  }

  /** Shows the chart in a notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    const { title } = this.#options;
    return { "text/html": await this.html(), "text/plain": `chart${typeof title === "string" ? `: ${title}` : ""}` };
  }

  async #drawn(): Promise<Drawn> {
    const [Plot, document] = await Promise.all([loadPlot(), openDocument()]);
    return Plot.plot({
      style: { background: "none", color: "currentColor", fontFamily: FONT },
      ...this.#options,
      document,
    });
  }
}

/**
 * Draws a chart with Observable Plot; without a browser, in a notebook or anywhere else. The marks come from
 * `@observablehq/plot`.
 *
 * @example
 * ```ts
 * import * as Plot from "@observablehq/plot";
 * import { ok } from "node:assert/strict";
 * import { chart } from "levada";
 *
 * const rows = [{ length: 1.4, width: 0.2 }, { length: 4.7, width: 1.4 }];
 * const html = await chart({ marks: [Plot.dot(rows, { x: "length", y: "width" })], width: 300 }).html();
 * ok(html.includes("<circle"));
 * ```
 */
export function chart(options: ChartOptions): Chart {
  return new Chart(options);
}

const STYLE = `${themed(".levada-chart")}
.levada-chart{overflow-x:auto;color:var(--ink);font:13px ${FONT}}
.levada-chart figure{margin:0}
.levada-chart :is(h2,h3){font:600 14px ${FONT};margin:0 0 4px}
.levada-chart figcaption{color:var(--soft)}`;

async function loadPlot(): Promise<PlotModule> {
  const name = "@observablehq/plot"; // in a variable: a literal would be fetched by programs that draw no chart
  return await import(name) as PlotModule;
}

async function openDocument(): Promise<Document> {
  const name = "linkedom";
  const { parseHTML } = await import(name) as { parseHTML(html: string): { document: Document } };
  return parseHTML("<!doctype html><html><body></body></html>").document;
}
