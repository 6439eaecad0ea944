import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";

Deno.test("FlowEvent.withId() gives the same event another id, and leaves it its own", () => {
  const event = new FlowEvent({ n: 1 }, {
    path: "/p",
    method: "PUT",
    headers: { a: "b" },
    trigger: "t",
    partition: "3",
  });
  event.key = "k";
  event.chunk = { stream: {}, index: 2 };
  const [id, time] = [event.id, event.time];
  const renamed = event.withId("new");
  deepStrictEqual([renamed.id, event.id], ["new", id]);
  notStrictEqual(id, "new");
  strictEqual(renamed.body, event.body);
  strictEqual(renamed.time, time);
  deepStrictEqual(
    [
      renamed.path,
      renamed.method,
      renamed.headers.get("a"),
      renamed.trigger,
      renamed.partition,
      renamed.key,
      renamed.lane,
    ],
    ["/p", "PUT", "b", "t", "3", "k", "3"],
  );
  strictEqual(renamed.chunk, event.chunk);
});

Deno.test("FlowEvent.withId() gives copies made of it the new id", () => {
  const renamed = new FlowEvent(1, { id: "old" }).withId("new");
  deepStrictEqual([renamed.with(2).id, renamed.withId("newer").id, renamed.id], ["new", "newer", "new"]);
});

Deno.test("FlowEvent.senderSignal is asked for when something waits for it, not before", () => {
  let asked = 0;
  const leaving = new AbortController();
  const event = new FlowEvent(1, {
    signal: () => {
      asked += 1;
      return leaving.signal;
    },
  });
  deepStrictEqual([event.hasSender, event.hasLeft, asked], [true, false, 0]);
  strictEqual(event.senderSignal, leaving.signal);
  strictEqual(asked, 1);
  leaving.abort();
  deepStrictEqual(new FlowEvent(1, { signal: leaving.signal }).hasLeft, true);
  deepStrictEqual([new FlowEvent(1).hasSender, new FlowEvent(1).hasLeft], [false, false]);
});
