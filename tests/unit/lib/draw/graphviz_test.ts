import { ok, rejects, strictEqual } from "node:assert/strict";
import { dotToSvg } from "../../../../lib/draw/graphviz.ts";
import { assertXml } from "../../../support/xml.ts";

Deno.test("dotToSvg() gives an element without prolog, ids, comments and colours", async () => {
  const svg = await dotToSvg(
    `digraph g { a [tooltip="one & two" class="x"]; a -> b [color=red]; subgraph cluster_c { b } }`,
  );
  assertXml(svg);
  ok(svg.startsWith("<svg xmlns="));
  for (const rest of [" id=", "<!--", "<?xml", " fill=", " stroke=", "font-family", "xlink"]) {
    ok(!svg.includes(rest), `${rest} in ${svg}`);
  }
});

Deno.test("dotToSvg() makes tooltips titles, and gives edges none", async () => {
  const svg = await dotToSvg(`digraph { a [tooltip="one & <two>"]; a -> a }`);
  strictEqual(svg.match(/<title>one &amp; &lt;two&gt;<\/title>/g)?.length, 1);
  ok(!svg.includes("&#45;&gt;"));
});

Deno.test("dotToSvg() keeps the view box and lets the picture shrink to three quarters", async () => {
  const svg = await dotToSvg("digraph { rankdir=LR; a -> b -> c }");
  const [, width, box, least] = /width="([\d.]+)" height="[\d.]+" viewBox="([^"]+)".*min-width:(\d+)px/.exec(svg)!;
  strictEqual(Number(box!.split(" ")[2]), Number(width));
  strictEqual(Number(least), Math.round(Number(width) * 0.75));
});

Deno.test("dotToSvg() refuses what is no DOT, and draws the next", async () => {
  await rejects(dotToSvg("digraph { a [label="), /syntax error/);
  assertXml(await dotToSvg("digraph { a }"));
});
