import { deepStrictEqual } from "node:assert/strict";
import { z } from "zod";
import { Graph } from "../../../../lib/graph/graph.ts";
import { link } from "../../../../lib/graph/link.ts";
import { functionsOf, part } from "../../../../lib/graph/part.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { queue } from "../../../../lib/steps/queue.ts";

const pass = (body: unknown) => body;

/** By function: its links, its starts after `*`, and what comes in by queues. */
function partsOf(graph: object): Record<string, string> {
  const source = sourceOf(graph);
  const links = link(source);
  return Object.fromEntries(
    functionsOf(source, links).map((name) => {
      const { source: { nodes }, links: own, entries } = part(source, links, name);
      const nameOf = (index: number) => nodes[index]!.name;
      return [
        name,
        [
          ...own.next.flatMap((tos, from) => tos.map((to) => `${nameOf(from)}>${nameOf(to)}`)),
          ...own.starts.map((index) => `*${nameOf(index)}`),
          ...own.handlers.values().map((index) => `!${nameOf(index)}`),
          ...entries.map(({ queue, steps }) => `${queue}=>${steps.map(nameOf)}`),
        ].join(" "),
      ];
    }),
  );
}

Deno.test("part() ends a function at the queue that others read, and gives them a way in", () => {
  const graph = new Graph("g");
  const q = graph.to("a", pass).to("q", queue({ path: "memory://q" }));
  q.to("b", pass, { function: "one" }).to("c", pass, { function: "one" });
  q.to("d", pass, { function: "two" });
  deepStrictEqual(partsOf(graph), { "": "a>q *a", one: "b>c *b q=>b", two: "*d q=>d" });
});

Deno.test("part() gives a queue to the function that fills it, whatever it says itself", () => {
  const graph = new Graph("g");
  graph.to("a", pass).to("q1", queue({ path: "memory://1" }), { function: "one" })
    .to("b", pass, { function: "one" }).to("q2", queue({ path: "memory://2" }))
    .to("c", pass, { function: "two" });
  deepStrictEqual(partsOf(graph), { "": "a>q1 *a", one: "b>q2 *b q1=>b", two: "*c q2=>c" });
});

Deno.test("part() keeps a queue between steps of one function inside it", () => {
  const graph = new Graph("g");
  graph.to("q1", queue({ path: "memory://1" })).to("a", pass, { function: "one" })
    .to("q2", queue()).to("b", pass, { function: "one" });
  deepStrictEqual(partsOf(graph), { "": "*q1", one: "a>q2 q2>b *a q1=>a" });
});

Deno.test("part() lets two functions fill one queue", () => {
  const graph = new Graph("g");
  graph.to("a", pass).to("q", queue({ path: "memory://q" })).to("c", pass, { function: "two" });
  graph.addStep("in", queue({ path: "memory://in" }), { after: "a" }).to("b", pass, { function: "one" });
  graph.step("q").afterStep("b");
  deepStrictEqual(partsOf(graph), { "": "a>q a>in *a", two: "*c q=>c", one: "b>q *b in=>b" });
});

Deno.test("part() gives error handlers to every function that fails into them", () => {
  const graph = new Graph("g");
  graph.to("a", pass).to("q", queue({ path: "memory://q" }))
    .to("b", pass, { function: "one" }).errorHandler("own", pass);
  graph.after("own").to("log", pass);
  graph.errorHandler("all", pass);
  deepStrictEqual(partsOf(graph), { "": "a>q *a !all", one: "own>log *b !all !own q=>b" });
});

Deno.test("part() asks the graph's schema of what comes from outside only", () => {
  const graph = new Graph<number>("g", { input: z.number() });
  graph.to("a", pass).to("q", queue({ path: "memory://q" })).to("b", pass, { function: "one" });
  const source = sourceOf(graph);
  deepStrictEqual(["", "one"].map((name) => part(source, link(source), name).source.input !== undefined), [
    true,
    false,
  ]);
});

Deno.test("part() begins a function where the graph begins in it: what only queues lead to is none of a request's", () => {
  const graph = new Graph("g");
  graph.to("a", pass).to("q1", queue()).to("b", pass, { function: "one" }).to("q2", queue()).to("c", pass);
  deepStrictEqual(partsOf(graph), { "": "a>q1 *a q2=>c", one: "b>q2 *b q1=>b" });
});
