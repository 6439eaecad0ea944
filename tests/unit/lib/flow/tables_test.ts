import { deepStrictEqual, notStrictEqual, strictEqual, throws } from "node:assert/strict";
import { memoryTable } from "../../../../lib/flow/memory_table.ts";
import { Tables } from "../../../../lib/flow/tables.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { joinWithTable } from "../../../../lib/steps/join_with_table.ts";
import { mapWithState } from "../../../../lib/steps/map_with_state.ts";
import { queryByKey } from "../../../../lib/steps/query_by_key.ts";
import { runGraph } from "../../../support/run_graph.ts";

const f = { function: "f", step: "s" };
const g = { function: "g", step: "s" };

Deno.test("Tables.table() gives one table for each name and function, in memory where none is handed in", async () => {
  const asked: string[] = [];
  const users = memoryTable({ ana: { age: 31 } });
  const tables = new Tables((name, fn) => {
    asked.push(`${fn}/${name}`);
    return name === "users" ? users : undefined;
  });
  strictEqual(tables.table("x", f), tables.table("x", f));
  notStrictEqual(tables.table("x", f), tables.table("x", g));
  await tables.table("x", f).put("k", { n: 1 });
  deepStrictEqual(await tables.table("x", f).get("k"), { n: 1 });
  deepStrictEqual(await tables.table("x", g).get("k"), undefined);
  deepStrictEqual(await tables.table("users", f).get("ana"), { age: 31 });
  await tables.table("users", f).delete("ana");
  deepStrictEqual([users.size, asked], [0, ["f/x", "g/x", "f/users"]]);
});

Deno.test("Tables.table() checks keys and rows before the keeper gets them, and takes a number for its text", async () => {
  const table = new Tables().table("t", f);
  await table.put(7 as never, { n: 1 });
  deepStrictEqual(await table.get("7"), { n: 1 });
  for (const key of [undefined, null, NaN, {}, ["a"]]) {
    throws(() => table.get(key as never), /Cannot get a row from table "t": its key is/);
    throws(() => table.put(key as never, {}), /Cannot put a row into table "t": its key is/);
    throws(() => table.delete(key as never), /Cannot delete a row of table "t": its key is/);
  }
  for (const row of [undefined, null, 5, [1]]) {
    throws(() => table.put("k", row as never), /Cannot put the row of key "k" into table "t": it is .*, not an object/);
  }
  throws(() => new Tables().table("", f), /Cannot open a table without a name/);
});

Deno.test("context.table() is one table for all steps of a flow, and empty for the next flow", async () => {
  const graph = new Graph<string>("g");
  graph.to("put", async (name: string, context) => {
    const seen = await context.table("seen").get(name);
    await context.table("seen").put(name, { times: Number(seen?.times ?? 0) + 1 });
    return name;
  }).to("get", (name, context) => context.table("seen").get(name)).respond();
  for (let run = 0; run < 2; run++) {
    await using flow = await runGraph(graph);
    deepStrictEqual([await flow.ask("a"), await flow.ask("a"), await flow.ask("b")], [
      { times: 1 },
      { times: 2 },
      { times: 1 },
    ]);
  }
});

Deno.test("Tables tells once of a table that nobody hands in or fills, where others are handed in", () => {
  const lines: string[] = [];
  const log = { warn: (line: string) => void lines.push(line) };
  const graph = new Graph<{ user: string }>("f");
  graph.to("join", joinWithTable("nope", { key: "user" })).to("again", joinWithTable("nope", { key: "user" }))
    .to("known", joinWithTable("users", { key: "user" }))
    .to("query", queryByKey(["n"], { table: "typo", key: "user" }))
    .to("asks", queryByKey(["n"], { table: "visits", key: "user" }))
    .to("keep", mapWithState(() => ({ n: 0 }), (body, state: { n: number }) => [body, state], { table: "visits" }));
  const { steps } = compile(sourceOf(graph));
  const open = Object.assign(() => undefined, { names: ["users", "t"] });
  const tables = new Tables(open, { steps, log });
  deepStrictEqual(lines, [
    'Step "join": nobody has handed in table "nope", so it begins empty. There are "users", "t"; if it is meant, say so: fn.addTable("nope", {})',
    'Step "query": nobody has handed in table "typo", so it begins empty. There are "users", "t"; if it is meant, say so: fn.addTable("typo", {})',
  ]);
  lines.length = 0;
  for (const name of ["nope", "visits", "users"]) tables.table(name, f);
  deepStrictEqual(lines, []);
  tables.table("visits", g);
  tables.table("visits", g);
  strictEqual(lines.length, 1, "another function's steps fill their own");
  lines.length = 0;
  new Tables(() => undefined, { steps, log }).table("x", f);
  deepStrictEqual(lines, [], "without tables that were handed in, every name is as good as another");
});
