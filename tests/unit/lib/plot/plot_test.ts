import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ModelServer, serving } from "levada";
import { Plot } from "../../../../lib/plot/plot.ts";
import { ensembleExample, hostileView, routerExample, streamExample } from "../../../support/pictures.ts";
import { matchSnapshot, normalizeSvg } from "../../../support/snapshot.ts";
import { assertXml } from "../../../support/xml.ts";

const EXAMPLES = { router: routerExample, ensemble: ensembleExample, stream: streamExample };

for (const [name, make] of Object.entries(EXAMPLES)) {
  Deno.test(`Plot.svg() draws the ${name} example`, async () => {
    const svg = await make().plot().svg();
    assertXml(svg);
    const drawn = normalizeSvg(svg.replace(/<style>[\s\S]*?<\/style>/, ""));
    await matchSnapshot(import.meta.url, `${name}.svg.txt`, drawn);
  });

  Deno.test(`Plot.text tells the ${name} example`, async () => {
    await matchSnapshot(import.meta.url, `${name}.txt`, make().plot().text);
  });
}

Deno.test("Plot.display() gives the notebook HTML, an image and text", async () => {
  const plot = routerExample().plot();
  const bundle = await plot.display();
  deepStrictEqual(Object.keys(bundle), ["text/html", "image/svg+xml", "text/plain"]);
  ok((bundle["text/html"] as string).startsWith(`<div class="levada-graph"><style>`));
  strictEqual(bundle["image/svg+xml"], await plot.svg());
  strictEqual(bundle["text/plain"], plot.text);
  const shown = plot as unknown as Record<symbol, () => Promise<Record<string, unknown>>>;
  deepStrictEqual(await shown[Symbol.for("Jupyter.display")]!(), bundle);
});

Deno.test("Plot.display() puts no id into the page, so pictures do not meet", async () => {
  const { "text/html": html } = await ensembleExample().plot().display();
  ok(!/ (id|xlink:href)=/.test(html as string));
});

Deno.test("Plot.svg() draws forty steps with long and odd names, each once and whole", async () => {
  const view = hostileView();
  const svg = await new Plot(view).svg();
  assertXml(svg);
  const routes = view.steps.flatMap((step) => step.routes ?? []);
  strictEqual(svg.match(/<g class="(node|cluster) step/g)?.length, view.steps.length);
  strictEqual(svg.match(/<g class="node route/g)?.length, routes.length);
  strictEqual(svg.match(/<g class="cluster function/g)?.length, view.functions.length);
  strictEqual(svg.match(/<g class="edge error/g)?.length, 3);
  strictEqual(svg.match(/<g class="edge cycle/g)?.length, 1);
  for (const { name } of view.steps) {
    const title = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
      '"',
      "&quot;",
    );
    ok(svg.replaceAll("&#39;", "'").replaceAll("&#45;", "-").includes(`<title>${title}`), name);
  }
});

Deno.test("Plot.svg() draws the box of a function as wide as its name, in lines, and what is said of it in bold letters", async () => {
  const wide = 24 * 13 * 0.889; // a line of bold m, by Helvetica's measures
  for (const [name, least] of [["m".repeat(253), wide], ["a", 126], ["水路".repeat(30), 12 * 13]] as const) {
    const plain = { kind: "task", responder: false, handler: false };
    const note = { lines: ["failing: 1 of 2 serve"], isWrong: true };
    const steps = [{ name: "own", ...plain }, { name: "p", function: name, ...plain }];
    const functionNotes = { [name]: note, graph: note };
    const svg = await new Plot({ name: "graph", functions: [name], functionNotes, steps, edges: [] }).svg();
    assertXml(svg);
    const [, box, text] = /<g class="cluster function f0 wrong">([^]*?\/>)([^]*?)<\/g>/.exec(svg)!;
    const xs = [.../([-\d.]+),[-\d.]+/g[Symbol.matchAll](/ d="([^"]*)"/.exec(box!)![1]!)].map(([, x]) => Number(x));
    ok(Math.max(...xs) - Math.min(...xs) > least, `${name}: ${Math.max(...xs) - Math.min(...xs)}`);
    deepStrictEqual(text!.match(/>[^<\s][^<]*</g)!.filter((line) => line.length > 26), []);
    ok(/<g class="graph own wrong"/.test(svg) && svg.match(/>failing: 1 of 2 serve</g)?.length === 2, svg);
  }
});

Deno.test("Plot.svg() lays a graph out from top to bottom when asked", async () => {
  const size = async (rankdir: "LR" | "TB") => {
    const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(await streamExample().plot({ rankdir }).svg())!;
    return Number(width) / Number(height);
  };
  ok(await size("LR") > 5 && await size("TB") < 1 / 3);
});

Deno.test("Plot.svg() draws an empty graph and one of a nameless step", async () => {
  for (const steps of [[], [{ name: "", kind: "", responder: false, handler: false }]]) {
    assertXml(await new Plot({ name: "", functions: [], steps, edges: [] }).svg());
  }
});

Deno.test("Plot.svg() draws a graph that is not whole yet", async () => {
  const graph = ensembleExample();
  graph.addStep("lost", (body: unknown) => body, { after: "nobody" });
  ok((await graph.plot().svg()).includes("lost"));
});

Deno.test("Plot.svg() says that an empty graph has no steps", async () => {
  const svg = await new Plot({ name: "empty", functions: [], steps: [], edges: [] }).svg();
  ok(/<text[^>]*>no steps<\/text>/.test(svg), svg);
});

Deno.test("Plot tells of a graph's own handler in the picture and in the text", async () => {
  const graph = serving("g").setTopology("flow");
  graph.to("a", (body: unknown) => body).respond();
  graph.errorHandler("catcher", (body: unknown) => body);
  const plot = graph.plot();
  ok(plot.dot.includes(`"start" -> "catcher" [style=dashed class="error"]`), plot.dot);
  ok((await plot.svg()).includes(">errors of every step</text>"));
  ok(plot.text.endsWith(", takes errors of every step"), plot.text);
  graph.to("b", (body: unknown) => body).errorHandler("own", (body: unknown) => body);
  ok(graph.plot().text.includes(", takes all other errors\n"), graph.plot().text);
});

Deno.test("Plot shows what starts a function before its first steps: streams and schedules, as they are now", async () => {
  const fn = serving("shop").addTrigger("orders", { stream: "kafka://me:secret@broker:9092/orders" });
  const graph = fn.setTopology("flow");
  graph.to("see", () => {});
  fn.addTrigger("nightly", { schedule: "0 3 * * *", timeZone: "Europe/Rome" });
  for (const plot of [fn.plot(), graph.plot()]) {
    deepStrictEqual(plot.text.split("\n").slice(1), [
      "  from orders [stream kafka://broker:9092/orders]",
      "  from nightly [schedule 0 3 * * * Europe/Rome]",
      "  → see [function]",
    ]);
    ok(plot.dot.includes('"from orders" -> "start"') && plot.dot.includes('"from nightly" -> "start"'), plot.dot);
    const svg = await plot.svg();
    assertXml(svg);
    ok(/class="node source stream queue arrow/.test(svg) && !svg.includes("secret"), svg);
  }
  const router = serving("models").addTrigger("hourly", { schedule: "@hourly" });
  router.addModel(
    "m",
    class M extends ModelServer {
      predict = () => [1];
    },
  );
  ok(router.plot().text.includes("from hourly [schedule @hourly UTC]"));
});
