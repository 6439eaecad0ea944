import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import {
  type Context,
  importFunction,
  joinWithTable,
  memoryTable,
  ModelServer,
  queue,
  serving,
  type ServingFunction,
} from "levada";
import { Cells } from "../../../support/cells.ts";

class ConstModel extends ModelServer {
  override predict(): unknown[] {
    return [this.param("c", 0)];
  }
}

/** The models that a function's router has. */
async function modelsOf(fn: ServingFunction): Promise<string[]> {
  await using server = await fn.toMockServer();
  return (await server.test("/v2/models/", undefined)).models;
}

Deno.test("ServingFunction.addModel() of several cells survives when one of them runs again", async () => {
  const cells = new Cells();
  const fn = serving("models");
  cells.run("one", () => void fn.addModel("m1", ConstModel, { c: 1 }));
  cells.run("two", () => void fn.addModel("m2", ConstModel, { c: 2 }));
  cells.run("one", () => void fn.addModel("m1", ConstModel, { c: 3 }));
  deepStrictEqual(await modelsOf(fn), ["m1", "m2"]);
  await using server = await fn.toMockServer();
  deepStrictEqual((await server.test("/v2/models/m1/infer", { inputs: [1] })).outputs, [3]);
});

Deno.test("ServingFunction.addTrigger() of a cell that runs again replaces what it added", () => {
  const cells = new Cells();
  const fn = serving("shop");
  fn.setTopology("flow").to("see", () => {});
  for (const schedule of ["@daily", "@hourly"]) cells.run("one", () => void fn.addTrigger("count", { schedule }));
  deepStrictEqual((fn.toJSON() as { triggers: object }).triggers, { count: { schedule: "@hourly" } });
});

Deno.test("ServingFunction keeps a route of another cell that replaced one of this cell", async () => {
  const cells = new Cells();
  const fn = serving("routes");
  const router = fn.setTopology("router");
  cells.run("one", () => void router.addRoute("m", ConstModel, { c: 1 }));
  cells.run("two", () => void router.addRoute("m", ConstModel, { c: 2 }));
  cells.run("one", () => void router.addRoute("other", ConstModel));
  deepStrictEqual((await modelsOf(fn)).sort(), ["m", "other"]);
});

Deno.test("ServingFunction.setTopology() in a cell that runs again keeps what other cells added", async () => {
  const cells = new Cells();
  const fn = serving("flow");
  const handles: { graph?: ReturnType<typeof topology> } = {};
  function topology() {
    return fn.setTopology("flow");
  }
  cells.run("one", () => void (handles.graph = topology()));
  cells.run("two", () => void handles.graph!.to("double", (n: number) => n * 2).respond());
  cells.run("one", () => void (handles.graph = topology()));
  await using server = await fn.toMockServer();
  strictEqual(await server.test("/", 4), 8);
  throws(() => fn.setTopology("flow"), /it has one already/);
});

Deno.test("ServingFunction takes back parameters and children with their cell", () => {
  const cells = new Cells();
  const fn = serving("told");
  fn.setTopology("flow").to("a", (n: number) => n);
  cells.run("one", () => void fn.setParam("k", 1).addChildFunction("child"));
  cells.run("two", () => void fn.setParam("j", 2));
  const document = () => fn.toJSON() as { params: object; children: object };
  deepStrictEqual([document().params, document().children], [{ k: 1, j: 2 }, { child: {} }]);
  cells.run("one");
  deepStrictEqual([document().params, document().children], [{ j: 2 }, {}]);
});

Deno.test("ServingFunction.addChildFunction() refuses a name that is empty, taken, or its own", () => {
  const fn = serving("parent").addChildFunction("child");
  throws(() => fn.addChildFunction("child"), {
    message: 'Cannot declare child function "child" of "parent": it is declared already',
  });
  throws(() => fn.addChildFunction(""), /without a name/);
  throws(() => fn.addChildFunction("parent"), {
    message:
      'Cannot declare child function "parent" of "parent": that is the function itself. Give the child another name; ' +
      "steps without `function` are the function's own",
  });
});

Deno.test("ServingFunction hands a class the arguments that are called like options of a step", async () => {
  class Client {
    readonly #args: object;
    constructor(args: { timeoutMs: number; shape: string }) {
      this.#args = args;
    }
    do(): object {
      return this.#args;
    }
  }
  const fn = serving("client");
  fn.setTopology("flow").to("client", Client, { args: { timeoutMs: 5, shape: "round" }, comment: "a note" }).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/", 1), { timeoutMs: 5, shape: "round" });
});

Deno.test("ServingFunction says what it lacks", async () => {
  await rejects(serving("empty").toMockServer(), /it has no graph/);
  throws(() => serving(""), /without a name/);
  throws(() => serving("f").addModel("m", { modelPath: "x.onnx" }), /it has no class of its own/);
  throws(() => serving("f").setTopology("ring" as never), /there are "flow" and "router"/);
  const untyped = (...given: unknown[]) => () =>
    (serving("f").setTopology as (...given: unknown[]) => unknown)(...given);
  throws(untyped("router", { output: {} }), {
    name: "TypeError",
    message:
      /^Cannot set the topology of function "f" to "router" with \{ output \}: that is no router\. Give one, modelRouter/,
  });
  throws(untyped("router", "models"), /with models: that is no router/);
  throws(untyped("router", queue()), /with a queue: that is no router/);
  throws(untyped("flow", 5), /to "flow" with 5: that is no object\. Give \{ input, output \}/);
  throws(untyped("flow", { output: 5 }), /to "flow": its output is 5, no schema\. Give one of zod's/);
  for (const topology of ["flow", "router"]) untyped(topology, null)();
  const flow = serving("flow");
  flow.setTopology("flow").to("a", (n: number) => n);
  throws(() => flow.addModel("m", ConstModel), /it is a flow/);
});

Deno.test("importFunction() makes a router whose models may come from several cells", () => {
  const cells = new Cells();
  const fn = importFunction("hub://v2_model_server");
  for (const id of ["one", "two", "one"]) cells.run(id, () => void fn.addModel(id, { modelPath: `${id}.onnx` }));
  const { graph } = fn.toJSON() as { graph: { steps: { routes: { key: string }[] }[] } };
  deepStrictEqual(graph.steps.map(({ routes }) => routes.map(({ key }) => key)), [["one", "two"]]);
});

/** Gives a user's age, and makes the user older. */
function birthdays(fn: ServingFunction): ServingFunction {
  fn.setTopology("flow").to("older", async (user: string, context) => {
    const users = context.table("users");
    const row = await users.get(user);
    await users.put(user, { age: Number(row?.age ?? 0) + 1 });
    return row?.age ?? null;
  }).respond();
  return fn;
}

async function twice(fn: ServingFunction): Promise<unknown[]> {
  await using server = await fn.toMockServer();
  return [await server.test("/", "ana"), await server.test("/", "ana")];
}

Deno.test("ServingFunction.addTable() hands rows to every start anew, as they were when they were given", async () => {
  const rows = [{ user: "ana", age: 31 }];
  const fn = birthdays(serving("f")).addTable("users", rows, { key: "user" });
  rows[0]!.age = 99;
  for (let run = 0; run < 2; run++) deepStrictEqual(await twice(fn), [31, 32]);
});

Deno.test("ServingFunction.addTable() hands in a table of one's own, which stays as steps leave it", async () => {
  const users = memoryTable({ ana: { age: 31 } });
  const fn = birthdays(serving("f")).addTable("users", users);
  deepStrictEqual([await twice(fn), await twice(fn), users.get("ana")], [[31, 32], [33, 34], { age: 35 }]);
});

Deno.test("ServingFunction.addTable() takes the last table of a name; without one, there is an empty one", async () => {
  deepStrictEqual(await twice(birthdays(serving("f"))), [null, 1]);
  const fn = birthdays(serving("f")).addTable("users", { ana: { age: 1 } }).addTable("users", { ana: { age: 5 } });
  deepStrictEqual(await twice(fn), [5, 6]);
});

Deno.test("ServingFunction.addTable() makes a start warn of a table that is not among them", async () => {
  const fn = serving("f").addTable("users", { ana: { age: 31 } });
  fn.setTopology("flow").to("join", joinWithTable<{ user: string }>("user", { key: "user" }))
    .to("ask", (body, context: Context) => [body, context.table("visits").get("ana") ?? null]).respond();
  const lines: string[] = [];
  const drop = () => {};
  const log = { debug: drop, info: drop, error: drop, warn: (line: string) => void lines.push(line) };
  await using server = await fn.toMockServer({ log });
  const told = () => lines.splice(0).map((line) => line.replace(/, so.*/, ""));
  deepStrictEqual(told(), ['Step "join": nobody has handed in table "user"']);
  for (let call = 0; call < 2; call++) await server.test("/", { user: "ana" });
  deepStrictEqual(told(), ['Step "ask": nobody has handed in table "visits"']);
});

Deno.test("ServingFunction.addTable() refuses names and rows that are none", () => {
  throws(() => serving("f").addTable("", {}), /Cannot add a table without a name/);
  throws(() => serving("f").addTable("t", [{ k: 1 }]), /which field of a row is its key/);
  throws(() => serving("f").addTable("t", { a: 5 as never }), /it is number, not an object/);
});

Deno.test("ServingFunction.toMockServer() shares context.state between the steps of a function, until it closes", async () => {
  const fn = serving("visits");
  fn.setTopology("flow")
    .to("count", (body: string, { state }: Context) => {
      state.set("visits", Number(state.get("visits") ?? 0) + 1);
      return body;
    })
    .to("tell", (body, { state }: Context) => [body, state.get("visits")])
    .respond();
  const answers = async () => {
    await using server = await fn.toMockServer();
    return [await server.test("/", "a"), await server.test("/", "b")];
  };
  deepStrictEqual([await answers(), await answers()], [[["a", 1], ["b", 2]], [["a", 1], ["b", 2]]]);
});

Deno.test("ServingFunction.toMockServer() keeps the state of a child function apart", async () => {
  const seen: unknown[] = [];
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow")
    .to("set", (body: number, { state }: Context) => (state.set("by", "parent"), body))
    .to("q", queue())
    .to("look", (_body, { state, function: name }: Context) => seen.push([name, state.get("by")]), {
      function: "child",
    });
  await using server = await fn.toMockServer();
  await server.test("/", 1);
  await server.waitForCompletion();
  deepStrictEqual(seen, [["child", undefined]]);
});

const TEXT = new TextEncoder().encode("[1]"); // bytes: the mock server adds no content type of its own

Deno.test("ServingFunction.toMockServer() reads a body without a content type as defaultContentType says", async () => {
  const ask = async (defaultContentType: string | undefined, contentType: string | undefined) => {
    const fn = serving("echo", defaultContentType === undefined ? {} : { defaultContentType });
    fn.setTopology("flow").to("kind", (body: unknown) => Array.isArray(body) ? "list" : typeof body).respond();
    await using server = await fn.toMockServer();
    return await server.test("/", TEXT, contentType === undefined ? {} : { contentType });
  };
  deepStrictEqual(await Promise.all([ask(undefined, undefined), ask("text/plain", undefined)]), ["list", "string"]);
  deepStrictEqual(await ask("text/plain", "application/json"), "list", "the request's own comes first");
});

Deno.test("ServingFunction.toMockServer() reads requests to a child as the child says", async () => {
  const fn = serving("parent").addChildFunction("child", { defaultContentType: "text/plain" });
  fn.setTopology("flow").to("q", queue()).to("kind", (body: unknown) => typeof body, { function: "child" }).respond();
  const ask = async (currentFunction: string) => {
    await using server = await fn.toMockServer({ currentFunction });
    return await server.test("/", TEXT);
  };
  deepStrictEqual([await ask("child"), await ask("*")], ["string", "object"]);
});
