import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { unwrapEvent } from "../../../lib/event_wrapper.ts";
import { serving } from "../../../lib/functions/serving.ts";
import type { FlowEvent } from "../../../lib/graph/event.ts";

const WRAPPER = { full_event_wrapper: true, body: ["x"], key: "k", id: "orig" };

Deno.test("unwrapEvent() takes nothing off what only looks like a wrapper", () => {
  const others = [null, 1, "full_event_wrapper", [], {}, { full_event_wrapper: "true", body: 1 }, {
    full_event_wrapper: 1,
  }];
  for (const other of others) strictEqual(unwrapEvent(other), undefined);
  strictEqual(unwrapEvent(Object.create(WRAPPER)), undefined);
});

Deno.test("unwrapEvent() leaves out keys and ids that are no names, and takes an absent body as null", () => {
  deepStrictEqual(unwrapEvent({ full_event_wrapper: true, key: { a: 1 }, id: null }), { body: null });
  deepStrictEqual(unwrapEvent({ full_event_wrapper: true, body: 0, id: 0, key: "" }), { body: 0, id: "0", key: "" });
});

Deno.test("App.fetch() takes an event as it is that one function of MLRun's sends to another", async () => {
  const fn = serving("child");
  const told = ({ id, key, body }: FlowEvent) => {
    if (body === null) throw new Error("no body");
    return { body: { id, key: key ?? null, body } };
  };
  fn.setTopology("flow").to("told", (event: FlowEvent) => event.with(told(event).body), { fullEvent: true }).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/", WRAPPER, { eventId: "e1" }), { id: "orig", key: "k", body: ["x"] });
  deepStrictEqual(await server.test("/", ["x"], { eventId: "e1" }), { id: "e1", key: null, body: ["x"] });
  const failed = await server.test("/", { ...WRAPPER, body: null }, { silent: true });
  deepStrictEqual(await failed.json(), { error: "no body", step: "told", id: "orig" });
});
