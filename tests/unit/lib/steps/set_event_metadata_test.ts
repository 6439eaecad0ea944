import { deepStrictEqual, match, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { mapWithState } from "../../../../lib/steps/map_with_state.ts";
import { type EventMetadataOptions, setEventMetadata } from "../../../../lib/steps/set_event_metadata.ts";
import { reifyMetadata } from "../../../../lib/steps/reify_metadata.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

function setting(options: EventMetadataOptions, step: object = {}): Graph<object> {
  const graph = new Graph<object>("g");
  graph.to("set", setEventMetadata<object>(options), step)
    .to("seen", (event) => event as object, { fullEvent: true })
    .to("meta", reifyMetadata({ id: "id", key: "key", path: "path" })).respond();
  return graph;
}

Deno.test("setEventMetadata() takes id and key from the body, as text; the rest stays", async () => {
  await using flow = await runGraph(setting({ idPath: "order.id", keyPath: "user" }));
  const body = { order: { id: 7 }, user: "ann" };
  deepStrictEqual(await flow.ask(body, { id: "e1", path: "/p" }), { ...body, id: "7", key: "ann", path: "/p" });
});

Deno.test("setEventMetadata() leaves alone what it is not told to set, and makes ids that are new", async () => {
  await using key = await runGraph(setting({ keyPath: "user" }));
  deepStrictEqual(await key.ask({ user: 3 }, { id: "e1" }), { user: 3, id: "e1", key: "3", path: "/" });
  await using random = await runGraph(setting({ randomId: true }));
  const [one, other] = [await random.ask({}, { id: "e1", key: "k" }), await random.ask({}, { id: "e1" })];
  deepStrictEqual([one.key, new Set([one.id, other.id, "e1"]).size], ["k", 3]);
  match(one.id, /^[0-9a-f-]{36}$/);
});

Deno.test("setEventMetadata() gives the steps behind the key, and the caller the id that came with the event", async () => {
  const fn = serving("f");
  fn.setTopology("flow")
    .to("set", setEventMetadata<{ user: string }>({ idPath: "user", keyPath: "user" }))
    .to(
      "count",
      mapWithState(() => 0, ({ user }, n) => {
        if (user === "eve") throw new Error("boom");
        return [n + 1, n + 1];
      }),
    ).respond();
  await using server = await fn.toMockServer({ log: memoryLog() });
  const answers = [];
  for (const user of ["ann", "bob", "ann"]) answers.push(await server.test("/", { user }));
  deepStrictEqual(answers, [1, 1, 2]);
  const failed = await server.test("/", { user: "eve" }, { eventId: "sent", silent: true });
  deepStrictEqual(await failed.json(), { error: "boom", step: "count", id: "sent" });
});

Deno.test("setEventMetadata() keeps what it set where the step has a time limit, and reads a part of the body", async () => {
  await using flow = await runGraph(setting({ idPath: "id" }, { timeoutMs: 1_000, inputPath: "order" }));
  deepStrictEqual(await flow.ask({ order: { id: "o" } }, { id: "e" }), {
    order: { id: "o" },
    id: "o",
    key: null,
    path: "/",
  });
});

Deno.test("setEventMetadata() works in a branch: the events of the others keep theirs", async () => {
  const seen: string[] = [];
  const graph = new Graph<{ id: string }>("g");
  const start = graph.to("start", (body) => body);
  const keep = (branch: string) => (event: { id: string }) => void seen.push(`${branch} ${event.id}`);
  start.to("set", setEventMetadata({ idPath: "id" })).to("one", keep("one") as never, { fullEvent: true });
  start.to("other", keep("other") as never, { fullEvent: true });
  const flow = await runGraph(graph);
  await flow.emit({ id: "new" }, { id: "old" });
  await flow.close();
  deepStrictEqual(seen, ["one new", "other old"]);
});

Deno.test("setEventMetadata() fails the event where the body has no id or key", async () => {
  await using flow = await runGraph(setting({ idPath: "a.b" }));
  for (
    const [body, state] of [[{}, "undefined"], [{ a: { b: null } }, "null"], [{ a: { b: {} } }, "object"]] as const
  ) {
    await rejects(flow.ask(body), new RegExp(`Cannot set the event's id from the body: at "a.b" it has ${state}`));
  }
  for (const body of [null, 5, { a: "text" }, { a: { b: NaN } }, { a: { b: "" } }, { a: { b: [1] } }]) {
    await rejects(flow.ask(body), /at "a.b" it has/);
  }
  await using inherited = await runGraph(setting({ keyPath: "constructor.name" }));
  await rejects(inherited.ask({}), /at "constructor.name" it has undefined/);
});

Deno.test("setEventMetadata() refuses options that contradict each other, no paths and none at all", () => {
  for (const options of [{}, { idPath: "a", randomId: true }, { keyPath: "" }, { idPath: "a..b" }, { keyPath: 5 }]) {
    const graph = new Graph<object>("g");
    graph.to("set", setEventMetadata(options as EventMetadataOptions));
    throws(() => compile(sourceOf(graph)), /option (keyPath|randomId|idPath)/);
  }
});
