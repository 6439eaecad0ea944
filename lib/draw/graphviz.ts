/** Lays out DOT by Graphviz, which is loaded when the first picture is drawn. */

interface Layout {
  dot(source: string): string;
}

let loading: Promise<Layout> | undefined;

/**
 * Draws DOT as an SVG that can stand in a page among others: no prolog, no ids, no comments.
 *
 * @throws {Error} If Graphviz refuses the source.
 */
export async function dotToSvg(dot: string): Promise<string> {
  const layout = await (loading ??= load());
  return layout.dot(dot)
    .replace(/^[\s\S]*?(?=<svg)/, "")
    .replaceAll(/<!--[\s\S]*?-->\n?/g, "")
    .replaceAll(/ id="[^"]*"/g, "")
    .replaceAll(' xml:space="preserve"', "")
    .replaceAll("<title>cluster_", "<title>")
    .trim();
}

async function load(): Promise<Layout> {
  const name = "@hpcc-js/wasm-graphviz"; // in a variable: a literal would be fetched by programs that never draw
  const { Graphviz } = await import(name) as { Graphviz: { load(): Promise<Layout> } };
  return await Graphviz.load();
}
