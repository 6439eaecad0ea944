import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Plot } from "../../../../lib/plot/plot.ts";
import { drawShapes, marginOf } from "../../../../lib/plot/plot_shapes.ts";
import type { StepView } from "../../../../lib/plot/view.ts";
import { STEPS } from "../../../../lib/steps/catalogue.ts";

const SHAPES = ["octagon", "hexagon", "diamond", "trapezium", "invtrapezium", "invtriangle"];

function step(name: string, rest: Partial<StepView> = {}): StepView {
  return { name, kind: "function", responder: false, handler: false, ...rest };
}

/** The size of each drawn step, in the order of the picture. */
function sizes(svg: string): { width: number; height: number }[] {
  return [...svg.matchAll(/<g class="node step[^"]*">[^]*?<\/g>/g)].map(([node]) => {
    const pairs = [...node.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)];
    const [xs, ys] = [pairs.map(([, x]) => Number(x)), pairs.map(([, , y]) => Number(y))];
    return { width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
  });
}

function node(name: string, points: string): string {
  return `<g class="node step shape_${name} x name1">\n<polygon points="${points}"/>\n</g>\n`;
}

function edge(path: string, arrow: string): string {
  return `<g class="edge flow">\n<path d="${path}"/>\n<polygon points="${arrow}"/>\n</g>\n`;
}

const BOX = "100,-40 0,-40 0,0 100,0 100,-40"; // as Graphviz writes a box of 100 by 40

Deno.test("marginOf() knows the shapes that are drawn here, and nothing that objects inherit", () => {
  ok(SHAPES.every((shape) => marginOf(shape) !== undefined));
  deepStrictEqual(["box", "star", "constructor"].map(marginOf), [undefined, undefined, undefined]);
});

Deno.test("Plot.svg() draws every kind of the catalogue little larger than a plain box of the same text", async () => {
  for (const { kind, shape } of STEPS.values()) {
    const steps = [step("a name", { kind, detail: kind }), step("a name", { kind, detail: kind, shape })];
    const [plain, shaped] = sizes(await new Plot({ name: "g", functions: [], steps, edges: [] }).svg());
    const more = [shaped!.width - plain!.width, shaped!.height - plain!.height];
    ok(more.every((points) => points <= 27), `${kind}, ${shape}: ${more} more`);
  }
});

Deno.test("Plot.svg() draws each shape with corners of its own", async () => {
  const steps = SHAPES.map((shape) => step(shape, { shape }));
  const svg = await new Plot({ name: "g", functions: [], steps, edges: [] }).svg();
  const corners = [...svg.matchAll(/shape_(\w+) [^]*?<polygon points="([^"]*)"/g)]
    .map(([, shape, points]) => [shape, points!.split(" ").length - 1]);
  deepStrictEqual(Object.fromEntries(corners), {
    octagon: 8,
    hexagon: 6,
    diamond: 6,
    trapezium: 4,
    invtrapezium: 4,
    invtriangle: 5,
  });
});

Deno.test("drawShapes() leads an edge straight on to the border of the shape", () => {
  const steep = edge("M90,0C90,10 90,20 90,30", "87,30 90,37 93,30 87,30");
  const level = edge("M-60,-10C-50,-10 -20,-10 -7,-10", "-7,-13 0,-10 -7,-7 -7,-13");
  const [, ...edges] = drawShapes(`${node("diamond", BOX)}${steep}${level}`).split(/(?=<g class="edge)/);
  strictEqual(edges[0], edge("M90,-10.91C90,-0.91 90,20 90,30", "87,30 90,37 93,30 87,30"));
  strictEqual(edges[1], edge("M-60,-10C-50,-10 -9,-10 4,-10", "4,-13 11,-10 4,-7 4,-13"));
});

Deno.test("drawShapes() leaves edges alone that end at a tip, elsewhere, or would pass a shape by", () => {
  const atTip = edge("M100,-20C110,-20 120,-20 130,-20", "130,-23 137,-20 130,-17 130,-23");
  const elsewhere = edge("M300,-20C310,-20 320,-20 330,-20", "330,-23 337,-20 330,-17 330,-23");
  const past = edge("M0,-40C-10,-30 -20,-20 -30,-10", "-32,-12 -35,-5 -28,-8 -32,-12");
  const svg = drawShapes(`${node("hexagon", BOX)}${atTip}${elsewhere}${past}`);
  ok(svg.endsWith(`${atTip}${elsewhere}${past}`), svg);
  strictEqual(drawShapes(atTip), atTip);
});
