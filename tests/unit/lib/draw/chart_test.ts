import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import * as Plot from "@observablehq/plot";
import { chart } from "../../../../lib/draw/chart.ts";
import { matchSnapshot, normalizeSvg } from "../../../support/snapshot.ts";
import { assertXml } from "../../../support/xml.ts";

const ROWS = [{ length: 1.4, width: 0.2, kind: "a" }, { length: 4.7, width: 1.4, kind: "b" }];

Deno.test("chart() draws marks that a function makes", async () => {
  const picture = chart(({ dot }) => ({
    marks: [dot(ROWS, { x: "length", y: "width", fill: "kind" })],
    width: 200,
    height: 120,
    x: { ticks: 2 },
    y: { ticks: 2 },
    color: { legend: true },
    title: "Petals <b>",
    caption: "in cm",
  }));
  const bundle = await picture.display();
  strictEqual(bundle["text/plain"], "chart: Petals <b>, in cm");
  match(bundle["text/html"] as string, /<h2>Petals &lt;b&gt;<\/h2>/);
  strictEqual((bundle["text/html"] as string).match(/<circle/g)?.length, ROWS.length);
  const svg = normalizeSvg((bundle["image/svg+xml"] as string).replaceAll(/<style>[\s\S]*?<\/style>/g, ""));
  await matchSnapshot(import.meta.url, "chart.svg.txt", svg);
});

Deno.test("chart() takes options whose marks come from the package", async () => {
  const html = await chart({ marks: [Plot.barY([1, 2, 3])] }).html();
  strictEqual(html.match(/<rect/g)?.length, 3);
});

Deno.test("chart() paints with the page's colours", async () => {
  const html = await chart({ marks: [Plot.ruleY([0]), Plot.barY([1, 2])] }).html();
  ok(html.includes('fill="currentColor"') && !/fill="(black|white|#000|#fff)"/.test(html));
});

Deno.test("chart() draws the legend of a continuous colour", async () => {
  const html = await chart({ marks: [Plot.dot(ROWS, { x: "length", fill: "width" })], color: { legend: true } }).html();
  const [, base64] = /href="data:image\/svg\+xml;base64,([^"]+)"/.exec(html)!;
  assertXml(atob(base64!));
  strictEqual(atob(base64!).match(/<rect/g)?.length, 256);
});

Deno.test("chart() gives XML whatever the names are", async () => {
  const hostile = `a<b>&"c'\u00a0🚰`;
  const picture = chart({
    marks: [Plot.dot([{ [hostile]: 1, t: hostile }], { x: hostile, title: "t", href: "t" }), Plot.text([hostile])],
    ariaLabel: hostile,
  });
  assertXml(await picture.svg());
});

Deno.test("chart() says that pixels need a browser", async () => {
  const picture = chart({ marks: [Plot.raster([0, 1, 2, 3], { width: 2, height: 2 })] });
  await rejects(picture.html(), /Cannot paint pixels without a browser/);
});

Deno.test("chart() says that it has no data, where nothing but axes would be seen", async () => {
  const said = async (options: Plot.PlotOptions) => {
    const { "text/html": html, "image/svg+xml": svg, "text/plain": text } = await chart(options).display();
    assertXml(svg as string);
    strictEqual((html as string).includes(">no data</text>"), (svg as string).includes(">no data</text>"));
    return [(html as string).includes(">no data</text>"), text];
  };
  deepStrictEqual(await said({ marks: [] }), [true, "chart: no data"]);
  const axes = { title: "Sizes", grid: true, x: { domain: [0, 1] }, y: { domain: [0, 1] } };
  deepStrictEqual(await said({ ...axes, marks: [Plot.dot([], { x: "a", y: "b" })] }), [true, "chart: Sizes, no data"]);
  deepStrictEqual(await said({ ...axes, marks: [Plot.dot([{ a: 1, b: 1 }], { x: "a", y: "b" })] }), [
    false,
    "chart: Sizes",
  ]);
  deepStrictEqual(await said({ marks: [Plot.ruleY([0])] }), [false, "chart"]);
});
