import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { memoryTable } from "../../../../lib/flow/memory_table.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { joinWithTable, type JoinWithTableOptions } from "../../../../lib/steps/join_with_table.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { slowTable } from "../../../support/slow_table.ts";

interface Body {
  user?: unknown;
  age?: number;
}

const ROWS = { ana: { age: 31, city: "Funchal" }, 7: { age: 8 } };

function graphOf(options: JoinWithTableOptions<Body, unknown>): Graph<Body> {
  const graph = new Graph<Body>("g");
  graph.to("join", joinWithTable<Body, object, unknown>("users", options)).respond();
  return graph;
}

for (
  const [place, table] of [["memory", memoryTable(ROWS)], ["a table that answers later", slowTable(ROWS)]] as const
) {
  Deno.test(`joinWithTable() adds the fields of the row, in place of the body's: ${place}`, async () => {
    for (const key of ["user", (body: Body) => body.user as string] as const) {
      await using flow = await runGraph(graphOf({ key }), { table: () => table });
      deepStrictEqual(await flow.ask({ user: "ana", age: 1 }), { user: "ana", age: 31, city: "Funchal" });
      deepStrictEqual(await flow.ask({ user: 7 }), { user: 7, age: 8 });
      deepStrictEqual(await flow.ask({ user: "bo", age: 1 }), { user: "bo", age: 1 });
    }
    await using keyed = await runGraph(graphOf({}), { table: () => table });
    deepStrictEqual(await keyed.ask({}, { key: "7" }), { age: 8 });
  });

  Deno.test(`joinWithTable() takes some attributes, ends events without a row, joins by a function: ${place}`, async () => {
    const run = (options: JoinWithTableOptions<Body, unknown>) =>
      runGraph(graphOf({ key: "user", ...options }), { table: () => table });
    await using some = await run({ attributes: ["city", "none", "toString"] });
    deepStrictEqual(await some.ask({ user: "ana" }), { user: "ana", city: "Funchal" });
    await using inner = await run({ inner: true });
    deepStrictEqual(await inner.handle(new FlowEvent({ user: "bo" })), { kind: "ended", step: "join" });
    deepStrictEqual(await inner.ask({ user: "7" }), { user: "7", age: 8 });
    for (const later of [false, true]) {
      const join = (body: Body, row: unknown) => {
        const joined = row === undefined ? body.age === 0 ? null : undefined : [body.user, row];
        return later ? Promise.resolve(joined) : joined;
      };
      await using joining = await run({ join });
      deepStrictEqual(await joining.ask({ user: "7" }), ["7", { age: 8 }]);
      for (const age of [0, 1]) {
        deepStrictEqual(await joining.handle(new FlowEvent({ user: "bo", age })), { kind: "ended", step: "join" });
      }
    }
  });
}

Deno.test("joinWithTable() gives each event a row of its own", async () => {
  const table = memoryTable({ a: { list: [1] } });
  const graph = new Graph<Body>("g");
  graph.to("join", joinWithTable<Body, { list: number[] }>("t", { key: "user" }))
    .to("change", (body) => [...(body.list!.push(2), body.list!)]).respond();
  await using flow = await runGraph(graph, { table: () => table });
  deepStrictEqual([await flow.ask({ user: "a" }), await flow.ask({ user: "a" })], [[1, 2], [1, 2]]);
});

Deno.test("joinWithTable() keeps the order of events while a row is on its way", async () => {
  const graph = new Graph<Body>("g");
  const seen: unknown[] = [];
  graph.to("join", joinWithTable<Body>("t", { key: "user" })).to("keep", (body) => void seen.push(body.age));
  const flow = await runGraph(graph, { table: () => slowTable({ a: {} }) });
  for (let age = 0; age < 5; age++) await flow.emit({ user: "a", age });
  await flow.close();
  deepStrictEqual(seen, [0, 1, 2, 3, 4]);
});

Deno.test("joinWithTable() refuses keys that are none, bodies that are no objects, and passes on what fails", async () => {
  await using flow = await runGraph(graphOf({ key: "user" }));
  for (const user of [undefined, null, NaN, {}, []]) {
    await rejects(flow.ask({ user }), /Cannot join the event with table "users": its key is/);
  }
  await rejects(flow.ask(null), /Cannot join the event with table "users": the body is null/);
  await using keyless = await runGraph(graphOf({}));
  await rejects(keyless.ask({}), /Cannot join the event with table "users": it has no key/);
  await rejects(keyless.ask("text", { key: "a" }), /the body is string, not an object/);
  const broken = { ...slowTable(), get: () => Promise.reject(new Error("out of reach")) };
  await using far = await runGraph(graphOf({ key: "user" }), { table: () => broken });
  await rejects(far.ask({ user: "a" }), /out of reach/);
});

Deno.test("joinWithTable() refuses options that are none, when the graph is compiled", () => {
  for (
    const [options, pattern] of [
      [{ key: "" }, /option key/],
      [{ attributes: [""] }, /option attributes\.0/],
      [{ inner: "yes" }, /option inner/],
      [{ join: 5 }, /its join is number/],
    ] as const
  ) {
    throws(() => compile(sourceOf(graphOf(options as never))), pattern);
  }
});

Deno.test("joinWithTable() reads the key of the event's body with fullEvent, and refuses bodies whose fields would be lost", async () => {
  const graph = new Graph<Body>("g");
  graph.to("join", joinWithTable<Body>("users", { key: "user" }) as never, { fullEvent: true }).respond();
  await using flow = await runGraph(graph, { table: () => memoryTable(ROWS) });
  deepStrictEqual(await flow.ask({ user: "ana" }), { user: "ana", age: 31, city: "Funchal" });
  await using keyless = await runGraph(graphOf({}), { table: () => memoryTable(ROWS) });
  await rejects(keyless.ask(new Map([["a", 1]]), { key: "ana" }), /table "users": the body is a Map, not an object/);
});
