import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { serving } from "levada";
import { plotDifference, upstreamsOf } from "./plot.ts";

const RECORDED = `digraph "mlrun-flow" {
\t_start [label=start shape=egg style=filled]
\t_start -> pre_one
\tpre_one [label="pre:one" shape=box]
\tpre_one -> catch [style=dashed]
\tcatch [label=catch shape=ellipse]
\tend [label=end shape=ellipse]
\tpre_one -> end
}
`;

function dot(last: string): string {
  const graph = serving("golden").setTopology("flow");
  graph.to("pre:one", (x: number) => x).errorHandler("catch", (x: number) => x).to(last, (x) => x).respond();
  return graph.plot().dot;
}

Deno.test("plotDifference() compares steps and links, not looks", () => {
  strictEqual(plotDifference(RECORDED, dot("end")), undefined);
  ok(plotDifference(RECORDED, dot("other")));
  ok(plotDifference(RECORDED.replace(" [style=dashed]", ""), dot("end")));
});

Deno.test("upstreamsOf() reads the steps before each step", () => {
  deepStrictEqual(upstreamsOf(dot("end")), { "pre:one": [], catch: [], end: ["pre:one"] });
});
