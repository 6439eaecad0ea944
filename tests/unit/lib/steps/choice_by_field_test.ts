import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { choiceByField, type ChoiceByFieldOptions } from "../../../../lib/steps/choice_by_field.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { runGraph } from "../../../support/run_graph.ts";

interface Routed {
  readonly to?: string | readonly string[] | null;
}

function choosing(options: ChoiceByFieldOptions = {}): Graph<Routed> {
  const graph = new Graph<Routed>("g");
  const pick = graph.to("pick", choiceByField("to", options));
  const a = pick.to("a", () => "a");
  const b = pick.to("b", () => "b");
  graph.after(a, b).to("all", merge({ incomplete: "join" })).respond();
  return graph;
}

Deno.test("choiceByField() sends the event to the step, or the steps, that a field names, once each", async () => {
  const entered: string[] = [];
  await using flow = await runGraph(choosing(), { observe: (step) => void entered.push(step) });
  deepStrictEqual(await flow.ask({ to: "b" }), ["b"]);
  deepStrictEqual(await flow.ask({ to: ["a", "b", "a"] }), ["a", "b"]);
  deepStrictEqual(entered.join(" "), "pick b all pick a all b all");
});

Deno.test("choiceByField() fails the event where the field names no step, and says why", async () => {
  await using flow = await runGraph(choosing());
  const wrong = [
    [{ x: 1 }, /by field "to": the body has no such field, only "x", and the step has no default/],
    [{}, /no such field, only none at all/],
    [{ to: null }, /by field "to": it is null/],
    [{ to: [] }, /by field "to": it is an empty list/],
    [{ to: 5 }, /by field "to": it is number, not a name or a list of names/],
    [{ to: ["a", 5] }, /a list with other things than names/],
    [{ to: "nope" }, /Cannot send the event to "nope": the steps behind "pick" are "a", "b"/],
    [{ to: "" }, /Cannot send the event to ""/],
    [null, /Cannot choose the next step by field "to" of the body: the body is null/],
    [["a"], /the body is a list, not an object/],
  ] as const;
  for (const [body, message] of wrong) await rejects(flow.ask(body), message);
  const huge = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 0]));
  await rejects(flow.ask(huge), (error: Error) => error.message.length < 300);
});

Deno.test("choiceByField() takes its default where the field names none, but not for what is no name", async () => {
  await using flow = await runGraph(choosing({ default: "a" }));
  for (const body of [{}, { to: null }, { to: [] }]) deepStrictEqual(await flow.ask(body), ["a"]);
  await rejects(flow.ask({ to: 5 }), /it is number/);
});

Deno.test("choiceByField() reads own fields only, of the body or of a part of it", async () => {
  const graph = new Graph<{ meta: Routed }>("g");
  const pick = graph.to("pick", choiceByField<Routed>("to") as never, { inputPath: "meta" });
  pick.to("a", (body) => ({ via: "a", body }));
  graph.after("a").to("end", (body) => body).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ meta: { to: "a" } }), { via: "a", body: { meta: { to: "a" } } });
  const inherited = new Graph<object>("g");
  inherited.to("pick", choiceByField<object>("constructor" as never)).to("a", (body) => body).respond();
  await using other = await runGraph(inherited);
  await rejects(other.ask({}), /no such field/);
});

Deno.test("choiceByField() chooses behind a step that answers later", async () => {
  const graph = new Graph<string>("g");
  const pick = graph.to("later", async (to: string) => await Promise.resolve({ to })).to("pick", choiceByField("to"));
  const a = pick.to("a", () => 1);
  const b = pick.to("b", () => 2);
  graph.after(a, b).to("end", (n) => n).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([flow.ask("b"), flow.ask("a")]), [2, 1]);
});

Deno.test("choiceByField() needs the name of a field", () => {
  for (const field of ["", undefined, 5]) {
    const graph = new Graph<Routed>("g");
    graph.to("pick", choiceByField<Routed>(field as never)).to("a", (body) => body);
    throws(() => compile(sourceOf(graph)), /option field/);
  }
});
