/** Lays out DOT by Graphviz, which is loaded when the first picture is drawn. */

interface Layout {
  dot(source: string): string;
}

const SHRINK = 0.75; // text of 13 px is still readable at this scale; longer pictures scroll

let loading: Promise<Layout> | undefined;

/**
 * Draws DOT as an SVG that can stand in a page among others: no prolog, no ids, no colours (they are left to CSS classes),
 * tooltips as titles. A point of Graphviz is a CSS pixel; the picture shrinks a little where room is short, and then
 * its container has to scroll.
 *
 * @throws {Error} If Graphviz refuses the source.
 */
export async function dotToSvg(dot: string): Promise<string> {
  const layout = await (loading ??= load());
  return layout.dot(dot)
    .replace(/^[\s\S]*?(?=<svg)/, "")
    .replace(/<svg width="([\d.]+)pt" height="([\d.]+)pt"\s+viewBox="([^"]*)"[^>]*>/, opening)
    .replaceAll(/<!--[\s\S]*?-->\n?/g, "")
    .replaceAll(/<g class="edge|<g id="edge[^"]*" class="edge/g, '<g class="edge')
    .replaceAll(/<title>[^<]*<\/title>\n<g id="a_[^"]*"><a xlink:title="([^"]*)">\n([\s\S]*?)<\/a>\n<\/g>\n/g, titled)
    .replaceAll(/(<g class="edge[^>]*>\n)<title>[^<]*<\/title>\n/g, "$1")
    .replaceAll(/ (?:id|xml:space|fill|stroke|font-family)="[^"]*"/g, "")
    .trim();
}

function opening(_: string, width: string, height: string, viewBox: string): string {
  const least = Math.round(Number(width) * SHRINK);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${viewBox}" ` +
    `style="max-width:100%;min-width:${least}px;height:auto">`;
}

function titled(_: string, tooltip: string, drawn: string): string {
  return `<title>${tooltip}</title>\n${drawn}`;
}

async function load(): Promise<Layout> {
  const name = "@hpcc-js/wasm-graphviz"; // in a variable: a literal would be fetched by programs that never draw
  const { Graphviz } = await import(name) as { Graphviz: { load(): Promise<Layout> } };
  return await Graphviz.load();
}
