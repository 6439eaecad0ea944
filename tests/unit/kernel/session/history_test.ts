import { deepStrictEqual, ok } from "node:assert/strict";
import { History, HISTORY_REQUEST } from "../../../../kernel/session/history.ts";

function filled(...inputs: string[]): History {
  const history = new History();
  inputs.forEach((input, index) => history.add(index + 1, input)(input === "b" ? "B" : null));
  return history;
}

function find(history: History, request: object): unknown {
  return history.find(HISTORY_REQUEST.parse(request));
}

Deno.test("find() gives the tail, oldest first", () => {
  const history = filled("a", "b", "c");
  deepStrictEqual(find(history, { hist_access_type: "tail", n: 2 }), [[1, 2, "b"], [1, 3, "c"]]);
  deepStrictEqual(find(history, { hist_access_type: "tail", n: 0 }), []);
  deepStrictEqual(find(history, { hist_access_type: "tail", n: 9, output: true }), [
    [1, 1, ["a", null]],
    [1, 2, ["b", "B"]],
    [1, 3, ["c", null]],
  ]);
});

Deno.test("find() gives a range of this session, its stop not included", () => {
  const history = filled("a", "b", "c");
  deepStrictEqual(find(history, { hist_access_type: "range", session: 0, start: 1, stop: 3 }), [[1, 1, "a"], [
    1,
    2,
    "b",
  ]]);
  deepStrictEqual(find(history, { hist_access_type: "range", session: 1, start: 3, stop: null }), [[1, 3, "c"]]);
  deepStrictEqual(find(history, { hist_access_type: "range", session: -1, start: 1, stop: 3 }), []);
});

Deno.test("find() searches by * and ?, and gives each input once where asked", () => {
  const history = filled("let a1", "const b", "let a2", "let a1");
  deepStrictEqual(find(history, { hist_access_type: "search", pattern: "let a?", n: 2 }), [[1, 3, "let a2"], [
    1,
    4,
    "let a1",
  ]]);
  deepStrictEqual(find(history, { hist_access_type: "search", pattern: "*a1*", unique: true }), [[1, 4, "let a1"]]);
  deepStrictEqual(find(history, { hist_access_type: "search", pattern: "a" }), []);
  deepStrictEqual(
    find(history, { hist_access_type: "search", pattern: "*" }),
    find(history, { hist_access_type: "tail" }),
  );
});

Deno.test("find() is not slowed down by a hostile pattern", () => {
  const history = filled("a".repeat(2_000));
  const start = performance.now();
  deepStrictEqual(find(history, { hist_access_type: "search", pattern: `${"*a".repeat(200)}b` }), []);
  ok(performance.now() - start < 1_000);
});
