import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { toDot } from "../../../../lib/plot/dot.ts";
import type { GraphView, StepView } from "../../../../lib/plot/view.ts";
import { ensembleExample, hostileView, routerExample, streamExample } from "../../../support/pictures.ts";
import { matchSnapshot } from "../../../support/snapshot.ts";

function step(name: string, rest: Partial<StepView> = {}): StepView {
  return { name, kind: "function", responder: false, handler: false, ...rest };
}

function view(steps: readonly StepView[], rest: Partial<GraphView> = {}): GraphView {
  return { name: "g", functions: [], steps, edges: [], ...rest };
}

/** The lines of nodes and edges, without the indent. */
function lines(graph: GraphView): string[] {
  return toDot(graph).split("\n").map((line) => line.trim()).filter((line) => line.startsWith('"'));
}

for (
  const [name, make] of Object.entries({ router: routerExample, ensemble: ensembleExample, stream: streamExample })
) {
  Deno.test(`toDot() writes the ${name} example`, async () => {
    await matchSnapshot(import.meta.url, `${name}.dot`, make().plot().dot);
  });
}

Deno.test("toDot() gives the same source for the same view", () => {
  strictEqual(toDot(hostileView()), toDot(structuredClone(hostileView())));
});

Deno.test("toDot() escapes what Graphviz reads in a label", () => {
  const [line] = lines(view([step(`a "b" \\N & <i>`)]));
  ok(line!.startsWith(String.raw`"a \"b\" \\N & <i>" [label="a \"b\" \\N &amp; <i>" `), line);
});

Deno.test("toDot() lets no name end a string, open a line or end the source", () => {
  for (const name of ['"', "\\", '\\"', "\n", "a\0b", "]", "}", "a -> b", "\ud800", ""]) {
    const dot = toDot(view([step(name, { kind: name, detail: name, comment: name, shape: name, function: name })]));
    const outside = dot.replaceAll(/"(?:[^"\\]|\\.)*"|<(?:<B>[^<>]*<\/B><BR ALIGN="LEFT"\/>)+>/g, "S");
    strictEqual(outside.match(/\{/g)?.length, outside.match(/\}/g)?.length, dot);
    ok(!outside.includes('"') && !dot.includes("\0"), dot);
    ok(/^digraph S \{(\n +(graph|node|edge|subgraph|S|\}).*)*\n\}\n$/.test(outside), outside);
  }
});

Deno.test("toDot() gives steps of one name, and routes named like steps, ids of their own", () => {
  const dot = toDot(view([step("r/m"), step("r", { routes: [{ name: "m" }] }), step("r/m"), step("start")]));
  deepStrictEqual(
    [...dot.matchAll(/^ *"([^"]*)" \[/gm)].map(([, id]) => id),
    ["r/m", "r/m (2)", "r/m (3)", "start", "start (2)"],
  );
});

Deno.test("toDot() lets edges end at a router's border, in the middle of its routes", () => {
  const two = step("r", { routes: [{ name: "a" }, { name: "b" }] });
  const three = step("s", { routes: [{ name: "a" }, { name: "b" }, { name: "c" }] });
  const none = step("t", { routes: [] });
  const edges = [{ from: "r", to: "s", kind: "flow" as const }, { from: "s", to: "t", kind: "flow" as const }];
  deepStrictEqual(lines(view([two, three, none], { edges })).filter((line) => line.includes("->")).slice(1), [
    `"r/" -> "s/b" [ltail="cluster_r" lhead="cluster_s" weight=4 class="flow"]`,
    `"s/b" -> "t/" [ltail="cluster_s" lhead="cluster_t" weight=4 class="flow"]`,
  ]);
});

Deno.test("toDot() draws errors dashed, ways back apart, and no edge that leads nowhere", () => {
  const edges = [
    { from: "a", to: "b", kind: "error" as const },
    { from: "a", to: "a", kind: "cycle" as const },
    { from: "a", to: "gone", kind: "flow" as const },
  ];
  deepStrictEqual(lines(view([step("a"), step("b", { handler: true })], { edges })).filter((line) => /->/.test(line)), [
    `"start" -> "a" [weight=4 class="flow"]`,
    `"a" -> "b" [style=dashed class="error"]`,
    `"a" -> "a" [style=dotted constraint=false class="cycle"]`,
  ]);
});

Deno.test("toDot() leads a way back around the steps between, but not around a router's routes", () => {
  const edges = [{ from: "b", to: "a", kind: "cycle" as const }, { from: "r", to: "a", kind: "cycle" as const }];
  const graph = view([step("a"), step("b"), step("r", { routes: [{ name: "m" }] })], { edges });
  const ways = (rankdir: "LR" | "TB") =>
    toDot(graph, { rankdir }).match(/(?<=constraint=false ).*(?= class)|(?<=constraint=false )class/g);
  deepStrictEqual(ways("LR"), ["tailport=s headport=s", "class"]);
  deepStrictEqual(ways("TB"), ["tailport=e headport=e", "class"]);
});

Deno.test("toDot() leads the errors of every step from the start to the graph's own handler, and says so in it", () => {
  const dot = toDot(view([step("a"), step("h", { handler: true, takes: "all" })]));
  ok(dot.includes(`"start" -> "h" [style=dashed class="error"]`), dot);
  ok(dot.includes(String.raw`"h" [label="h\nerrors of every step" `), dot);
  ok(dot.includes(String.raw`\ntakes errors of every step"`), dot);
});

Deno.test("toDot() asks for a box where drawShapes() draws the corners", () => {
  const shaped = view([step("a", { kind: "flatMap", shape: "hexagon" }), step("b", { shape: "star" })]);
  const nodes = (boxed: boolean) =>
    [...toDot(shaped, { boxed }).matchAll(/^ *"[ab]" .*$/gm)].map(([line]) => line.match(/shape\w*=\w+|shape_\w+/g));
  deepStrictEqual(nodes(false), [["shape=hexagon"], ["shape=star"]]);
  deepStrictEqual(nodes(true), [["shape_hexagon"], ["shape=star"]]);
});

Deno.test("toDot() takes the user's shape, but none that reads its label as a layout or a file", () => {
  const shapes = ["diamond", "record", "Mrecord", "epsf", `x" y`].map((shape) => toDot(view([step("a", { shape })])));
  deepStrictEqual(shapes.map((dot) => /shape=(?!box|circle)\w+/.exec(dot)?.[0]), [
    "shape=diamond",
    ...Array(4).fill(undefined),
  ]);
});

Deno.test("toDot() draws a step of a function that the view does not list", () => {
  ok(toDot(view([step("a", { function: "child" })])).includes('label=<<B>child</B><BR ALIGN="LEFT"/>>'));
});

Deno.test("toDot() tells kind, detail, function, roles and comment in the tooltip", () => {
  const all = step("a", {
    detail: "Echo",
    function: "f",
    responder: true,
    handler: true,
    comment: "one\r\ntwo",
  });
  ok(
    toDot(view([all])).includes(
      String.raw`tooltip="a\nfunction Echo\nruns in f\nanswers the caller\ntakes errors\none\ntwo"`,
    ),
  );
});
