import { dotToSvg } from "../draw/graphviz.ts";
import { FONT, themed } from "../draw/theme.ts";
import { type DotOptions, toDot } from "./dot.ts";
import { toText } from "./text.ts";
import type { GraphView } from "./view.ts";

/** How a graph is drawn. */
export type PlotOptions = DotOptions;

const RULES = `
& text{font-family:${FONT};fill:var(--ink)}
& text.detail{fill:var(--soft);font-size:9.5px}
& .node :is(path,polygon,ellipse,polyline){fill:var(--fill);stroke:var(--line)}
& .edge path{stroke:var(--line)} & .edge polygon{fill:var(--line);stroke:var(--line)}
& .cluster path{fill:var(--fill);stroke:var(--line)}
& .node.route path{fill:var(--route)} & .node.none path{stroke-dasharray:3 3}
& .node.queue polygon{fill:var(--queue)}
& .node.start ellipse{fill:var(--ink);stroke:var(--ink)}
& .responder:is(.node,.cluster) :is(path,polygon){stroke:var(--accent);stroke-width:1.4}
& .handler.node path{stroke:var(--error);stroke-dasharray:4 3}
& .edge.error path{stroke:var(--error)} & .edge.error polygon{fill:var(--error);stroke:var(--error)}
& .cluster.function path{stroke:none} & .cluster.function text{fill:var(--soft)}
${[0, 1, 2, 3, 4].map((hue) => `& .cluster.f${hue} path{fill:var(--f${hue})}`).join("\n")}
`.trim();

/** A picture of a graph that a notebook shows by itself. */
export class Plot {
  /** Graphviz source. */
  readonly dot: string;
  /** The same graph as plain text. */
  readonly text: string;

  /** Lays nothing out yet; that happens when it is shown. */
  constructor(view: GraphView, options: PlotOptions = {}) {
    this.dot = toDot(view, options);
    this.text = toText(view);
  }

  /** The picture as SVG that brings its own colours, for light and dark pages. */
  async svg(): Promise<string> {
    const style = `${themed("svg.levada-graph")}\n${RULES.replaceAll("&", "svg.levada-graph")}`;
    return (await this.#drawn()).replace("<svg ", `<svg class="levada-graph" `).replace(
      /(<svg[^>]*>)/,
      `$1<style>${escapeStyle(style)}</style>`,
    );
  }

  /** The picture for a notebook: inline, as an image, and as text. */
  async display(): Promise<Record<string, unknown>> {
    const style = `${themed(".levada-graph")}\n${RULES.replaceAll("&", ".levada-graph")}`;
    const html = `<div class="levada-graph" style="overflow-x:auto"><style>${style}</style>${await this
      .#drawn()}</div>`;
    return { "text/html": html, "image/svg+xml": await this.svg(), "text/plain": this.text };
  }

  /** Shows the picture in a notebook. */
  [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return this.display();
  }

  async #drawn(): Promise<string> {
    return (await dotToSvg(this.dot)).replaceAll(/<text ([^>]*)>\u2063/g, `<text class="detail" $1>`);
  }
}

/** CSS inside XML: the marks that XML would read. */
function escapeStyle(css: string): string {
  return css.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
