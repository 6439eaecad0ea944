import { deepStrictEqual } from "node:assert/strict";
import { CellOutputs, type Displays } from "../../../../kernel/client/outputs.ts";
import type { Message } from "../../../../kernel/message/message.ts";

function message(type: string, content: Record<string, unknown>): Message {
  const header = { msg_id: "m", session: "s", username: "u", date: "", msg_type: type, version: "5.5" };
  return { identities: [], header, parent: undefined, metadata: {}, content, buffers: [] };
}
function stream(text: string, name = "stdout"): Message {
  return message("stream", { name, text });
}
function display(text: string, id?: string, type = "display_data"): Message {
  const transient = id === undefined ? {} : { display_id: id };
  return message(type, { data: { "text/plain": text }, metadata: {}, transient });
}
function fold(...messages: Message[]): unknown[] {
  const outputs = new CellOutputs();
  for (const item of messages) outputs.take(item);
  return outputs.list;
}
function shown(text: string): unknown {
  return { output_type: "display_data", data: { "text/plain": text }, metadata: {} };
}
function streamed(text: string, name = "stdout"): unknown {
  return { output_type: "stream", name, text };
}

Deno.test("take() joins neighbouring pieces of one stream and keeps the order of two", () => {
  deepStrictEqual(fold(stream("a"), stream("b"), stream("!", "stderr"), stream("c")), [
    streamed("ab"),
    streamed("!", "stderr"),
    streamed("c"),
  ]);
});

Deno.test("take() keeps results with their number and errors with their traceback", () => {
  const result = { execution_count: 3, data: { "text/plain": "7" }, metadata: { a: 1 } };
  const failure = { ename: "TypeError", evalue: "no", traceback: ["one", "two"] };
  deepStrictEqual(fold(message("execute_result", result), message("error", failure)), [
    { output_type: "execute_result", ...result },
    { output_type: "error", ...failure },
  ]);
});

Deno.test("take() ignores what is no output", () => {
  deepStrictEqual(
    fold(message("status", { execution_state: "busy" }), message("comm_open", {}), message("execute_input", {})),
    [],
  );
});

Deno.test("take() updates a display by its id, in another cell too", () => {
  const displays: Displays = new Map();
  const first = new CellOutputs(displays);
  const second = new CellOutputs(displays);
  first.take(display("old", "d1"));
  first.take(display("other", "d2"));
  second.take(display("new", "d1", "update_display_data"));
  deepStrictEqual([first.list, second.list], [[shown("new"), shown("other")], []]);
});

Deno.test("take() shows a display again under the same id and brings the first one up to date", () => {
  deepStrictEqual(fold(display("one", "d"), display("two", "d")), [shown("two"), shown("two")]);
});

Deno.test("take() ignores an update of a display that nobody has shown", () => {
  deepStrictEqual(
    fold(display("new", "d1", "update_display_data"), display("x", undefined, "update_display_data")),
    [],
  );
});

Deno.test("take() clears at once, or with wait before the next output", () => {
  deepStrictEqual(fold(stream("a"), message("clear_output", { wait: false })), []);
  deepStrictEqual(fold(stream("a"), message("clear_output", { wait: true })), [streamed("a")]);
  deepStrictEqual(fold(stream("a"), message("clear_output", { wait: true }), stream("b"), stream("c")), [
    streamed("bc"),
  ]);
});

Deno.test("take() does not update a display that was cleared away", () => {
  const displays: Displays = new Map();
  const outputs = new CellOutputs(displays);
  outputs.take(display("old", "d"));
  const [old] = outputs.list;
  outputs.take(message("clear_output", { wait: false }));
  outputs.take(display("new", "d", "update_display_data"));
  deepStrictEqual([old, outputs.list], [shown("old"), []]);
});

Deno.test("take() makes sound outputs of contents that lack parts", () => {
  deepStrictEqual(fold(message("error", {}), message("display_data", {}), message("execute_result", { data: [1] })), [
    { output_type: "error", ename: "", evalue: "", traceback: [] },
    { output_type: "display_data", data: {}, metadata: {} },
    { output_type: "execute_result", execution_count: null, data: {}, metadata: {} },
  ]);
});

Deno.test("CellOutputs empties the list that it is given", () => {
  const old = [{ output_type: "stream" as const, name: "stdout", text: "of the last run" }];
  const outputs = new CellOutputs(new Map(), old);
  deepStrictEqual([outputs.list === old, old.length], [true, 0]);
});
