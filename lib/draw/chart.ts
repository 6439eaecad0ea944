import type * as Plot from "@observablehq/plot";
import { oneLine } from "./escape.ts";
import { Stripes } from "./stripes.ts";
import { toXml, type XmlNode } from "./xml.ts";
import { FONT, onPaper, scrolling, themed } from "./theme.ts";

/** What Observable Plot draws: `marks`, `width`, `height`, `x`, `y`, `color`, `title`, and so on. */
export type ChartOptions = Plot.PlotOptions;

/** Makes the options of a chart from Observable Plot's marks, transforms and scales. */
export type ChartMaker = (plot: typeof Plot) => ChartOptions;

const EMPTY = "no data";

type PageDocument = NonNullable<ChartOptions["document"]>;
interface Drawn {
  readonly html: string;
  readonly svg: string;
  readonly text: string;
}
interface Element extends XmlNode {
  readonly outerHTML: string;
  readonly children: Iterable<Element>;
  textContent: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  append(child: Element): void;
}
interface Maker {
  createElement(name: string): unknown;
  createElementNS(space: string, name: string): Element;
}

/** A chart that a notebook shows by itself. */
export class Chart {
  readonly #given: ChartOptions | ChartMaker;
  #drawing: Promise<Drawn> | undefined;

  /** Nothing is drawn, and nothing loaded, until it is asked for. */
  constructor(given: ChartOptions | ChartMaker) {
    this.#given = given;
  }

  /** The chart as HTML with inline SVG, in the page's colours, light or dark. */
  async html(): Promise<string> {
    return (await this.#draw()).html;
  }

  /** The chart as SVG that stands alone, without the title, legend and caption that stand around it in HTML. */
  async svg(): Promise<string> {
    return (await this.#draw()).svg;
  }

  /** The chart for a notebook: inline, as an image, and its words as text. */
  async display(): Promise<Record<string, unknown>> {
    const { html, svg, text } = await this.#draw();
    return { "text/html": html, "image/svg+xml": svg, "text/plain": text };
  }

  /** What `display` gives, where notebooks look for it. */
  [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return this.display();
  }

  #draw(): Promise<Drawn> {
    return this.#drawing ??= draw(this.#given);
  }
}

/**
 * Draws a chart with Observable Plot, in a notebook or anywhere else, without a browser. A function gets Observable Plot
 * and gives the options; who imports `@observablehq/plot` may give the options alone.
 *
 * @example Petals by species, with a legend
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { chart } from "levada";
 *
 * const petals = [
 *   { length: 1.4, width: 0.2, species: "setosa" },
 *   { length: 4.7, width: 1.4, species: "versicolor" },
 * ];
 * const picture = chart(({ dot }) => ({
 *   title: "Petals in cm",
 *   marks: [dot(petals, { x: "length", y: "width", fill: "species" })],
 *   color: { legend: true },
 *   height: 240,
 * }));
 * ok((await picture.html()).includes("versicolor"));
 * ```
 *
 * @throws {Error} When it is drawn, if a mark paints pixels, as `raster` does: that needs a browser.
 */
export function chart(given: ChartOptions | ChartMaker): Chart {
  return new Chart(given);
}

async function draw(given: ChartOptions | ChartMaker): Promise<Drawn> {
  const [plot, document] = await Promise.all([loadPlot(), openDocument()]);
  const options = typeof given === "function" ? given(plot) : given;
  const element = plot.plot({ ...options, document }) as unknown as Element;
  const picture = element.localName === "svg"
    ? element
    : [...element.children].findLast(({ localName }) => localName === "svg")!;
  const isEmpty = isBlank(picture);
  if (isEmpty) sayEmpty(picture, document as unknown as Maker);
  const words = [options.title, options.subtitle, options.caption, isEmpty ? EMPTY : undefined]
    .filter((word) => typeof word === "string");
  return {
    html: `<div class="levada-chart"><style>${PAGE_STYLE}</style>${element.outerHTML}</div>`,
    svg: standalone(toXml(picture)),
    text: `chart${words.length === 0 ? "" : `: ${words.map(oneLine).join(", ")}`}`,
  };
}

/** Nothing but axes: the marks had no data, or there are no marks. */
function isBlank(picture: Element): boolean {
  return [...picture.children].every((child) =>
    child.localName === "style" || /\baxis\b|-grid$/.test(child.getAttribute("aria-label") ?? "")
  );
}

/** An empty frame looks like a chart that is still to come. */
function sayEmpty(picture: Element, document: Maker): void {
  const words = document.createElementNS("http://www.w3.org/2000/svg", "text");
  for (
    const [name, value] of [["x", "50%"], ["y", "50%"], ["dy", "0.35em"], ["font-size", "13"], ["fill-opacity", "0.66"]]
  ) {
    words.setAttribute(name!, value!);
  }
  words.textContent = EMPTY;
  picture.append(words);
}

/** An SVG with the names, the colours and the paper that it needs outside of a page. */
function standalone(svg: string): string {
  return svg
    .replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `)
    .replace(/<svg([^>]*) class="/, `<svg$1 class="levada-chart `)
    .replace(/<svg[^>]*>/, `$&<style>${PAPER_STYLE}</style>`);
}

const PAGE_STYLE = `${themed(".levada-chart")}
${scrolling(".levada-chart")}
.levada-chart{padding:0 8px;color:inherit;font:13px ${FONT}}
.levada-chart figure{margin:0}
.levada-chart h2{font:600 15px/1.4 ${FONT};margin:0}
.levada-chart h3{font:400 13px/1.4 ${FONT};margin:0 0 4px;color:var(--soft)}
.levada-chart figcaption{color:var(--soft);margin:2px 0 0}
.levada-chart svg{font-family:${FONT};--plot-background:var(--paper)}`;

const PAPER_STYLE = `${onPaper("svg.levada-chart")}
svg.levada-chart{font-family:${FONT};--plot-background:var(--paper)}`;

async function loadPlot(): Promise<typeof Plot> {
  const name = "@observablehq/plot"; // in a variable: a literal would be fetched by programs that draw no chart
  return await import(name) as typeof Plot;
}

async function openDocument(): Promise<PageDocument> {
  const name = "linkedom"; // as above
  const { parseHTML } = await import(name) as { parseHTML(html: string): { document: Maker } };
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const create = document.createElement.bind(document);
  document.createElement = (tag) => tag === "canvas" ? new Stripes() : create(tag);
  return document as unknown as PageDocument;
}
