import { deepStrictEqual, throws } from "node:assert/strict";
import { reader, writer } from "../../../../lib/flow/scope.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";

Deno.test("reader() gives the body, a part of it, or the event", () => {
  const event = new FlowEvent({ a: { b: [7] } });
  deepStrictEqual(reader({})(event), { a: { b: [7] } });
  deepStrictEqual(reader({ inputPath: "a.b" })(event), [7]);
  deepStrictEqual(reader({ inputPath: "a.none.deeper" })(event), undefined);
  deepStrictEqual(reader({ inputPath: "constructor" })(event), undefined, "what is inherited is not data");
  deepStrictEqual(reader({ fullEvent: true })(event), event);
  throws(() => reader({ inputPath: "x" })(new FlowEvent("text")), /inputPath "x": the body has string/);
});

Deno.test("writer() replaces the body or writes into it", () => {
  const event = new FlowEvent<unknown>({ x: 5 });
  writer({ resultPath: "y.z" })(event, 10);
  deepStrictEqual(event.body, { x: 5, y: { z: 10 } });
  writer({})(event, 1);
  deepStrictEqual(event.body, 1);
  throws(() => writer({ resultPath: "y" })(event, 2), /resultPath "y": the body is number/);
  throws(() => writer({ resultPath: "y" })(new FlowEvent<unknown>([]), 2), /resultPath "y": the body is a list/);
  const empty = new FlowEvent<unknown>(null);
  writer({ resultPath: "y" })(empty, 2);
  deepStrictEqual(empty.body, { y: 2 });
});

Deno.test("writer() cannot be led into a prototype", () => {
  const event = new FlowEvent<unknown>({});
  writer({ resultPath: "__proto__.polluted" })(event, true);
  deepStrictEqual(({} as { polluted?: boolean }).polluted, undefined);
});

Deno.test("writer() of a full event takes the event, another event, or a body", () => {
  const write = writer({ fullEvent: true });
  const event = new FlowEvent<unknown>(1, { id: "e" });
  write(event, undefined);
  deepStrictEqual(event.body, 1);
  write(event, event.with(2));
  deepStrictEqual([event.body, event.id], [2, "e"]);
  write(event, 3);
  deepStrictEqual(event.body, 3);
});
