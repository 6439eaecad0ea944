import { escapeText } from "../draw/escape.ts";
import { dotToSvg } from "../draw/graphviz.ts";
import { type DotOptions, toDot } from "./dot.ts";
import { drawShapes } from "./plot_shapes.ts";
import { PAGE_STYLE, PAPER_STYLE } from "./plot_style.ts";
import { toText } from "./text.ts";
import type { GraphView } from "./view.ts";

/** How a graph is drawn. */
export type PlotOptions = DotOptions;

const ARROW_FREE = 6; // points on each side, or a sixth of a low box: half of RBCONST in Graphviz's shapes.c

/** A picture of a graph that a notebook shows by itself. */
export class Plot {
  /** Graphviz source. */
  readonly dot: string;
  /** The same graph as plain text. */
  readonly text: string;
  /** What is drawn, as data. */
  readonly view: GraphView;
  readonly #layout: string;
  readonly #label: string;

  /** Graphviz is loaded when the picture is first asked for. */
  constructor(view: GraphView, options: PlotOptions = {}) {
    this.view = view;
    this.dot = toDot(view, options);
    this.#layout = toDot(view, { ...options, boxed: true });
    this.text = toText(view);
    this.#label = escapeText(`Graph ${view.name}`);
  }

  /** The picture as SVG that stands alone: it brings its own colours, for light and dark, and its own paper. */
  async svg(): Promise<string> {
    const style = `<style>${PAPER_STYLE}</style>`;
    return (await this.#drawn()).replace("<svg ", `<svg class="levada-graph" `).replace(/<svg[^>]*>/, `$&${style}`);
  }

  /** The picture for a notebook: inline, in the page's colours; as an image; and as text. */
  async display(): Promise<Record<string, unknown>> {
    const html = `<div class="levada-graph"><style>${PAGE_STYLE}</style>${await this.#drawn()}</div>`;
    return { "text/html": html, "image/svg+xml": await this.svg(), "text/plain": this.text };
  }

  /** What `display` gives, where notebooks look for it. */
  [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return this.display();
  }

  async #drawn(): Promise<string> {
    return drawShapes(await dotToSvg(this.#layout))
      .replace("<svg ", `<svg role="img" aria-label="${this.#label}" `)
      .replace(/(<g class="graph"[^>]*>\n)<title>[^<]*<\/title>\n/, "$1")
      .replaceAll(/<g class="[^"]*\bname(\d+)">[\s\S]*?<\/g>/g, smallDetails)
      .replaceAll(/<g class="node[^"]*\barrow\b[^"]*">[\s\S]*?<\/g>/g, fullArrow);
  }
}

/** What stands below the name is told smaller. */
function smallDetails(box: string, nameLines: string): string {
  let line = 0;
  return box.replaceAll("<text ", () => line++ < Number(nameLines) ? "<text " : `<text class="detail" `);
}

/** Graphviz keeps room free above and below its broad arrow; its text and the edges to it need that room. */
function fullArrow(box: string): string {
  return box.replaceAll(/points="([^"]*)"/g, (_, points: string) => {
    const corners = points.split(" ").map((point) => point.split(",").map(Number) as [number, number]);
    const heights = corners.map(([, y]) => y);
    const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
    const free = Math.min(ARROW_FREE, (bottom - top) / 4);
    const stretched = (y: number) => y === top ? y - free : y === bottom ? y + free : y;
    return `points="${corners.map(([x, y]) => `${x},${stretched(y).toFixed(2)}`).join(" ")}"`;
  });
}
