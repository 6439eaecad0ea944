import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Output } from "../../../../kernel/engine/engine.ts";
import { Session } from "../../../../kernel/session/session.ts";
import { createHeader, openMessage, sealMessage } from "../../../../kernel/message/seal.ts";
import { failure, hop, KEY, OpenSession } from "../../../support/open_session.ts";

function result(execution: string, text: string): Output {
  return { execution, kind: "result", data: { "text/plain": text }, metadata: {} };
}

Deno.test("execute() gives silent cells no input, no result and no number", async () => {
  await using open = new OpenSession({
    quiet: (events, { execution }) => events.output(result(execution, "7")) as void,
  });
  await open.reply("execute_request", { code: "a" });
  const said = await open.answered(open.ask("execute_request", { code: "quiet", silent: true }));
  deepStrictEqual(said.map(hop), ["iopub status busy", "shell execute_reply ok", "iopub status idle"]);
  strictEqual((await open.reply("execute_request", { code: "b" }))!.content.execution_count, 2);
  deepStrictEqual(open.engine.cells.map(({ silent }) => silent), [false, true, false]);
});

Deno.test("execute() does not count and keep a cell with store_history false", async () => {
  await using open = new OpenSession({});
  await open.reply("execute_request", { code: "a", store_history: false });
  strictEqual((await open.reply("execute_request", { code: "b" }))!.content.execution_count, 1);
  const { content } = (await open.reply("history_request", { hist_access_type: "tail", n: 9 }))!;
  deepStrictEqual(content.history, [[1, 1, "b"]]);
});

Deno.test("execute() passes on the id of the cell", async () => {
  await using open = new OpenSession({});
  const content = { code: "a", user_expressions: { x: "1" } };
  await open.answered(open.ask("execute_request", content, { metadata: { cellId: "cell-1" } }));
  deepStrictEqual(open.engine.cells.map(({ code, cellId }) => [code, cellId]), [["a", "cell-1"], ["1", undefined]]);
});

Deno.test("execute() evaluates user_expressions after the cell, each a bundle or an error", async () => {
  await using open = new OpenSession({
    x: (events, { execution }) => events.output(result(execution, "42")) as void,
    bad: () => Promise.resolve({ status: "error", failure: failure("ReferenceError") }),
  });
  const id = open.ask("execute_request", { code: "a", user_expressions: { good: "x", bad: "bad", none: "void 0" } });
  const said = await open.answered(id);
  deepStrictEqual(said.map(hop), [
    "iopub status busy",
    "iopub execute_input",
    "shell execute_reply ok",
    "iopub status idle",
  ]);
  deepStrictEqual(said[2]!.content.user_expressions, {
    good: { status: "ok", data: { "text/plain": "42" }, metadata: {} },
    bad: {
      status: "error",
      ename: "ReferenceError",
      evalue: "of the test",
      traceback: ["ReferenceError: of the test"],
    },
    none: { status: "ok", data: { "text/plain": "undefined" }, metadata: {} },
  });
});

Deno.test("output() gives late output the cell that started it as parent", async () => {
  let late = (): unknown => undefined;
  await using open = new OpenSession({
    start: (events, { execution }) => {
      late = () => events.output({ execution, kind: "stream", name: "stdout", text: "late" });
    },
  });
  const first = open.ask("execute_request", { code: "start" });
  await open.answered(first);
  await open.reply("execute_request", { code: "other" });
  await late();
  const { parent } = await open.hear(({ content }) => content.text === "late");
  strictEqual(parent!.msg_id, first);
});

Deno.test("input() asks the client that sent the cell, and takes its answer only", async () => {
  await using open = new OpenSession({
    ask: async (events, { execution }) => {
      const text = await events.input(execution, "name?", true);
      await events.output({ execution, kind: "stream", name: "stdout", text: `got ${text}` });
    },
  });
  const id = open.ask("execute_request", { code: "ask", allow_stdin: true });
  const asked = await open.hear(({ channel }) => channel === "stdin");
  deepStrictEqual([asked.content, asked.parent!.msg_id], [{ prompt: "name?", password: true }, id]);
  const stranger = sealMessage({
    identities: [new Uint8Array([1])],
    header: createHeader("input_reply", "other"),
    content: { value: "wrong" },
  }, KEY);
  open.session.receive("stdin", stranger);
  open.ask("input_reply", { value: 5 }, { channel: "stdin" });
  open.ask("input_reply", { value: "Ana" }, { channel: "stdin" });
  const said = await open.answered(id);
  strictEqual(said.find(({ header }) => header.msg_type === "stream")!.content.text, "got Ana");
});

Deno.test("input() does not ask where it is not allowed", async () => {
  const answers: unknown[] = [];
  await using open = new OpenSession({
    ask: async (events, { execution }) => void answers.push(await events.input(execution, "name?", false)),
  });
  await open.reply("execute_request", { code: "ask", allow_stdin: false });
  deepStrictEqual(answers, [undefined]);
  deepStrictEqual(open.said.filter(({ channel }) => channel === "stdin"), []);
});

Deno.test("interrupt() ends a question that waits", async () => {
  await using open = new OpenSession({
    ask: async (events, { execution }) => {
      strictEqual(await events.input(execution, "name?", false), undefined);
      return { status: "error", failure: failure("Interrupted") };
    },
  });
  const id = open.ask("execute_request", { code: "ask", allow_stdin: true });
  await open.hear(({ channel }) => channel === "stdin");
  open.session.interrupt();
  open.session.interrupt();
  const said = await open.answered(id);
  strictEqual(said.map(hop).at(-2), "shell execute_reply error");
  strictEqual(open.engine.interrupts, 1, "a second interrupt while the first goes on is the same");
});

Deno.test("execute() tells in each cell that the engine could not be started", async () => {
  const said: string[] = [];
  const idle = Promise.withResolvers<void>();
  await using session = new Session({
    key: KEY,
    version: "1",
    send: (channel, frames) => {
      const message = { ...openMessage(frames, KEY), channel };
      said.push(hop(message));
      if (message.content.execution_state === "idle") idle.resolve();
      return Promise.resolve();
    },
    openEngine: () => Promise.reject(new Error("no Deno here")),
    log: () => {},
  });
  session.receive("shell", sealMessage({ header: createHeader("execute_request", "s"), content: { code: "a" } }, KEY));
  await idle.promise;
  match(said.join(), /execute_input,iopub error Error,shell execute_reply error,iopub status idle$/);
});

Deno.test("asyncDispose() ends the engine, also while a cell asks", async () => {
  const open = new OpenSession({
    ask: async (events, { execution }) => void await events.input(execution, "?", false),
  });
  const id = open.ask("execute_request", { code: "ask", allow_stdin: true });
  await open.hear(({ channel }) => channel === "stdin");
  await open[Symbol.asyncDispose]();
  await open.answered(id);
  strictEqual(open.engine.isClosed, true);
});
