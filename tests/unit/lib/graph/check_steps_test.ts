import { deepStrictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { modelRouter } from "../../../../lib/routers/model_router.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { collector } from "../../../../lib/steps/collector.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { map } from "../../../../lib/steps/map.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { faultLines, oneFault } from "../../../support/faults.ts";
import { TimesModel } from "../../../support/models.ts";

const same = (body: unknown) => body;

function one(): Graph {
  return new Graph("g");
}

Deno.test("checkSteps() refuses two steps of one name, telling both places", () => {
  const graph = one();
  graph.to("twice", same);
  graph.to("twice", same).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(`step "twice": two steps have this name: one added at PLACE, one at PLACE. Rename one of them`),
  );
});

Deno.test("checkSteps() refuses a step without a name, also a queue", () => {
  const graph = one();
  graph.to("work", same).respond().to("", queue({ path: "memory://q" }));
  deepStrictEqual(
    faultLines(graph),
    oneFault(`step "": the step added at PLACE has no name. Give it one: to("name", step)`),
  );
});

Deno.test("checkSteps() refuses a step without its function", () => {
  const graph = one();
  graph.to("keep", filter("yes" as never)).respond();
  deepStrictEqual(faultLines(graph), oneFault(`step "keep": its fn is string. Give a function: filter((body) => …)`));
});

Deno.test("checkSteps() refuses a function that is not declared, of a step and of a route", () => {
  const graph = one();
  graph.to("q", queue({ path: "memory://q" })).to("work", same, { function: "worker" }).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(
      `step "work": it runs in function "worker", which is not declared. Declare it: fn.addChildFunction("worker")`,
    ),
  );
  const own = one();
  own.to("q", queue({ path: "memory://q" })).to("work", same, { function: "g" }).respond();
  deepStrictEqual(
    faultLines(own),
    oneFault('step "work": it runs in function "g", which is the function itself. Leave its `function` out'),
  );
  const routes = one();
  routes.to("models", modelRouter()).addRoute("m1", TimesModel, { k: 2, function: "gpu" });
  deepStrictEqual(
    faultLines(routes),
    oneFault(`step "models": it runs in function "gpu", which is not declared. Declare it: fn.addChildFunction("gpu")`),
  );
});

Deno.test("checkSteps() refuses a queue at the end without a path", () => {
  const graph = one();
  graph.to("work", same).respond().to("out", queue());
  deepStrictEqual(
    faultLines(graph),
    oneFault(
      `step "out": the queue is the end of the graph and has no path, so what enters it is lost. ` +
        `Say where it leads: queue({ path: "memory://name" }), or put a step behind it`,
    ),
  );
});

Deno.test("checkSteps() refuses a router without routes", () => {
  const graph = one();
  graph.to("models", modelRouter()).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(`step "models": it is a router without routes. Add one with addRoute(key, model)`),
  );
});

Deno.test("checkSteps() refuses a choice whose default is no step behind it", () => {
  const graph = one();
  const size = graph.to("size", choice(() => [], { default: "smal" }));
  size.to("small", same).respond();
  size.to("large", same);
  deepStrictEqual(
    faultLines(graph),
    oneFault(`step "size": its default is "smal", and no such step stands behind it. Name one of "small", "large"`),
  );
});

Deno.test("checkSteps() warns of a join by key whose branches can end events, and not of one that is told", () => {
  const both = (join: ReturnType<typeof merge>) => {
    const graph = one();
    const start = graph.to("start", same).to("early", filter(() => true)); // ends the whole event, not a part of it
    const left = start.to("left", filter(() => true));
    const right = start.to("right", same);
    graph.after(left, right).to("join", join).respond();
    return faultLines(graph);
  };
  deepStrictEqual(both(merge()), []);
  deepStrictEqual(both(merge({ key: () => "k", maxBehindEvents: 9 })), [
    `warning: step "join": it joins by a key of its own, and "left" before it may end events: a part that never comes keeps the ` +
    `others waiting until 9 later keys have come or the flow closes. Leave the key out, so that the join is told of ended ` +
    `branches, or let the branch pass something on instead`,
  ]);
});

Deno.test("checkSteps() warns of a join by event with a batch on one way to it, where no parts ever meet", () => {
  const both = (join: ReturnType<typeof merge>, behind: ReturnType<typeof flatMap> = map(same)) => {
    const graph = one();
    const start = graph.to("start", same).to("early", batch({ maxEvents: 2 })); // all parts are of the batch
    const left = start.to("left", batch({ maxEvents: 2 })).to("behind", behind);
    const right = start.to("right", same);
    graph.after(left, right).to("join", join).respond();
    return faultLines(graph);
  };
  deepStrictEqual(both(merge()), [
    `warning: step "join": it joins the parts of one event, and "left" before it makes one event of several: no part of theirs ` +
    `meets it. Join by a key of your own, or batch before the branches part, or behind the join`,
  ]);
  for (const join of [merge({ key: () => "k" }), merge({ expected: 1 }), merge({ incomplete: "join" })]) {
    deepStrictEqual(both(join), []);
  }
  deepStrictEqual(both(merge(), flatMap((list) => list as unknown[])), []); // each caller's own again
});

Deno.test("checkSteps() refuses a streaming step behind a streaming step, unless a collector stands between", () => {
  function* count(): Generator<number> {
    yield 1;
  }
  class Words {
    async *do(): AsyncGenerator<string> {
      yield await Promise.resolve("word");
    }
  }
  const graph = one();
  graph.to("count", count).to("same", same).to("words", Words).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(
      `step "words": it streams, and so does "count" before it. Gather the stream first, .to("all", collector()), or return a list`,
    ),
  );
  const gathered = one();
  gathered.to("count", map(count)).to("all", collector()).to("words", Words).respond();
  deepStrictEqual(faultLines(gathered), []);
});

Deno.test("checkSteps() refuses a collector that should be a join", () => {
  const graph = one();
  const start = graph.to("start", same);
  graph.after(start.to("a", same), start.to("b", same)).to("both", collector()).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(
      `step "both": it gathers the results of a streaming step, and "a" and "b" stream nothing. Join branches by merge(): .to("join", merge())`,
    ),
  );
});
