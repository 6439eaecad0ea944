import { deepStrictEqual } from "node:assert/strict";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { runGraph } from "../../../support/run_graph.ts";

class Shout {
  doEvent(event: FlowEvent<string>): string {
    return `${event.path} ${event.body.toUpperCase()}`;
  }
}

class ShoutInPlace {
  doEvent(event: FlowEvent<string>): FlowEvent<string> {
    event.body = event.body.toUpperCase();
    return event;
  }
}

for (const Class of [Shout, ShoutInPlace]) {
  Deno.test(`asReadyStep() hands ${Class.name}.doEvent the part at inputPath, and writes to resultPath`, async () => {
    // deno-lint-ignore no-explicit-any -- the two classes answer in two ways
    const graph = new Graph<any>("g");
    graph.to("shout", Class as never, { inputPath: "said.text", resultPath: "loud" }).respond();
    await using flow = await runGraph(graph);
    const said = { text: "hey" };
    deepStrictEqual(await flow.ask({ said }, { path: "/p" }), { said, loud: Class === Shout ? "/p HEY" : "HEY" });
  });
}
