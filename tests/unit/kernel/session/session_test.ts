import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Message } from "../../../../kernel/message/message.ts";
import { createHeader, openMessage, sealMessage } from "../../../../kernel/message/seal.ts";
import { CLIENT, failure, hop, KEY, OpenSession } from "../../../support/open_session.ts";

const FAILS = () => Promise.resolve({ status: "error" as const, failure: failure("TypeError") });

Deno.test("Session() takes a cell through these hops", async () => {
  await using open = new OpenSession({
    "print and show": async (events, { execution }) => {
      await events.output({ execution, kind: "stream", name: "stdout", text: "hello" });
      await events.output({ execution, kind: "result", data: { "text/plain": "42" }, metadata: {} });
    },
  });
  const said = await open.answered(open.ask("execute_request", { code: "print and show" }));
  deepStrictEqual(said.map(hop), [
    "iopub status busy",
    "iopub execute_input",
    "iopub stream hello",
    "iopub execute_result",
    "shell execute_reply ok",
    "iopub status idle",
  ]);
});

Deno.test("Session() takes a failing cell through these hops", async () => {
  await using open = new OpenSession({ fail: FAILS });
  const said = await open.answered(open.ask("execute_request", { code: "fail" }));
  deepStrictEqual(said.map(hop), [
    "iopub status busy",
    "iopub execute_input",
    "iopub error TypeError",
    "shell execute_reply error",
    "iopub status idle",
  ]);
});

Deno.test("Session() says starting, without a parent", async () => {
  await using open = new OpenSession({});
  deepStrictEqual(open.said.map(hop), ["iopub status starting"]);
  strictEqual(open.said[0]!.parent, undefined);
});

Deno.test("Session() sends the reply to the one who asked, with the whole header as parent", async () => {
  await using open = new OpenSession({});
  const header = { ...createHeader("kernel_info_request", "s"), extra: "kept" };
  open.session.receive("shell", sealMessage({ identities: [CLIENT], header, content: {} }, KEY));
  const reply = (await open.answered(header.msg_id)).find(({ channel }) => channel === "shell")!;
  deepStrictEqual(reply.identities, [CLIENT]);
  deepStrictEqual(reply.parent, header);
});

for (const channel of ["shell", "control"] as const) {
  Deno.test(`Session() answers kernel_info on ${channel}, between busy and idle`, async () => {
    await using open = new OpenSession({});
    const said = await open.answered(open.ask("kernel_info_request", {}, { channel }));
    deepStrictEqual(said.map(hop), ["iopub status busy", `${channel} kernel_info_reply ok`, "iopub status idle"]);
    const info = said[1]!.content as { language_info: Record<string, unknown>; implementation_version: string };
    strictEqual(info.implementation_version, "1.2.3");
    strictEqual(info.language_info.name, "typescript");
    strictEqual(info.language_info.file_extension, ".ts");
  });
}

Deno.test("Session() says in a reply's metadata when the work began", async () => {
  await using open = new OpenSession({});
  const before = new Date().toISOString();
  const { metadata, header } = (await open.reply("execute_request", { code: "a" }))!;
  const started = String(metadata.started);
  deepStrictEqual([before, started, header.date].toSorted(), [before, started, header.date]);
});

Deno.test("Session() runs cells in the order in which they came", async () => {
  await using open = new OpenSession({});
  const ids = ["a", "b", "c"].map((code) => open.ask("execute_request", { code }));
  for (const id of ids) await open.answered(id);
  deepStrictEqual(open.engine.cells.map(({ code, count }) => [code, count]), [["a", 1], ["b", 2], ["c", 3]]);
});

Deno.test("Session() aborts the cells that had come when one failed, and answers the rest", async () => {
  await using open = new OpenSession({ fail: FAILS });
  open.ask("execute_request", { code: "fail" });
  const next = open.ask("execute_request", { code: "next" });
  const history = open.ask("history_request", { hist_access_type: "tail", n: 5 });
  const aborted = await open.answered(next);
  deepStrictEqual(aborted.map(hop), ["iopub status busy", "shell execute_reply error", "iopub status idle"]);
  const { ename, traceback } = aborted[1]!.content;
  deepStrictEqual([ename, traceback], ["Aborted", []]);
  strictEqual((await open.answered(history)).map(hop)[1], "shell history_reply ok");
  strictEqual((await open.reply("execute_request", { code: "later" }))!.content.status, "ok");
  deepStrictEqual(open.engine.cells.map(({ code }) => code), ["fail", "later"]);
});

Deno.test("Session() runs one cell at a time, also while a subscriber is slow to take the idle of the last", async () => {
  const gate = Promise.withResolvers<void>();
  const [started, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using open = new OpenSession({
    second: () => {
      started.resolve();
      return second.promise;
    },
  });
  open.slow = (message) => message.content.execution_state === "idle" ? gate.promise : undefined;
  open.ask("execute_request", { code: "first" });
  await open.hear(({ content }) => content.execution_state === "idle");
  open.ask("execute_request", { code: "second" });
  const third = open.ask("execute_request", { code: "third" });
  await new Promise((resolve) => setTimeout(resolve, 0)); // whatever would wrongly run now has its turn
  deepStrictEqual(open.engine.cells.map(({ code }) => code), ["first"]);
  gate.resolve();
  await started.promise;
  deepStrictEqual(open.engine.cells.map(({ code }) => code), ["first", "second"]);
  second.resolve();
  await open.answered(third);
  deepStrictEqual(open.engine.cells.map(({ code }) => code), ["first", "second", "third"]);
});

for (const option of [{ stop_on_error: false }, { silent: true }]) {
  Deno.test(`Session() runs the cells behind one that failed with ${JSON.stringify(option)}`, async () => {
    await using open = new OpenSession({ fail: FAILS });
    open.ask("execute_request", { code: "fail", ...option });
    await open.answered(open.ask("execute_request", { code: "next" }));
    deepStrictEqual(open.engine.cells.map(({ code }) => code), ["fail", "next"]);
  });
}

Deno.test("Session() answers beside a running cell, and then says again that it is busy", async () => {
  const gate = Promise.withResolvers<void>();
  await using open = new OpenSession({ wait: () => gate.promise });
  const cell = open.ask("execute_request", { code: "wait" });
  await open.hear(({ header }) => header.msg_type === "execute_input");
  const before = open.said.length;
  await open.answered(open.ask("is_complete_request", { code: "if (" }));
  gate.resolve();
  await open.answered(cell);
  deepStrictEqual(open.said.slice(before).map(hop), [
    "iopub status busy",
    "shell is_complete_reply incomplete",
    "iopub status idle",
    "iopub status busy",
    "shell execute_reply ok",
    "iopub status idle",
  ]);
});

Deno.test("Session() interrupts by message and answers at once", async () => {
  await using open = new OpenSession({});
  const reply = await open.reply("interrupt_request", {}, { channel: "control" });
  strictEqual(hop(reply!), "control interrupt_reply ok");
  strictEqual(open.engine.interrupts, 1);
});

for (const channel of ["shell", "control"] as const) {
  Deno.test(`Session() ends by a shutdown on ${channel}: told to all, answered, idle`, async () => {
    await using open = new OpenSession({});
    const id = open.ask("shutdown_request", { restart: true }, { channel });
    await open.session.ended;
    const said = open.said.filter(({ parent }) => parent?.msg_id === id);
    deepStrictEqual(said.map(hop), [
      "iopub status busy",
      "iopub shutdown_reply ok",
      `${channel} shutdown_reply ok`,
      "iopub status idle",
    ]);
    deepStrictEqual(said.slice(1, 3).map(({ content }) => content.restart), [true, true]);
  });
}

Deno.test("Session() closes a comm for which there is no target", async () => {
  await using open = new OpenSession({});
  const said = await open.answered(open.ask("comm_open", { comm_id: "c", target_name: "none", data: {} }));
  deepStrictEqual(said.map(hop), ["iopub status busy", "iopub comm_close", "iopub status idle"]);
  deepStrictEqual(said[1]!.content, { comm_id: "c", data: {} });
});

const EMPTY_ANSWERS: readonly [string, object, object][] = [
  ["comm_info_request", {}, { status: "ok", comms: {} }],
  ["complete_request", { code: "😀a" }, { status: "ok", matches: [], cursor_start: 2, cursor_end: 2, metadata: {} }],
  ["complete_request", { code: "ab", cursor_pos: 1 }, {
    status: "ok",
    matches: [],
    cursor_start: 1,
    cursor_end: 1,
    metadata: {},
  }],
  ["complete_request", { code: "ab", cursor_pos: -5 }, {
    status: "ok",
    matches: [],
    cursor_start: 0,
    cursor_end: 0,
    metadata: {},
  }],
  ["complete_request", { code: "ab", cursor_pos: 9 }, {
    status: "ok",
    matches: [],
    cursor_start: 2,
    cursor_end: 2,
    metadata: {},
  }],
  ["inspect_request", { code: "a", cursor_pos: 1 }, { status: "ok", found: false, data: {}, metadata: {} }],
  ["is_complete_request", { code: "1" }, { status: "complete" }],
];
for (const [type, content, expected] of EMPTY_ANSWERS) {
  Deno.test(`Session() answers ${type} ${JSON.stringify(content)}`, async () => {
    await using open = new OpenSession({});
    deepStrictEqual((await open.reply(type, content))!.content, expected);
  });
}

const BAD_CONTENTS: readonly [string, object, RegExp][] = [
  ["execute_request", {}, /execute_request: code: .*string/],
  ["execute_request", { code: "a", user_expressions: 3 }, /user_expressions/],
  ["complete_request", { code: 5, cursor_pos: "x" }, /code: .*; cursor_pos: /],
  ["history_request", { hist_access_type: 7 }, /hist_access_type/],
  ["shutdown_request", { restart: "yes" }, /restart/],
];
for (const [type, content, message] of BAD_CONTENTS) {
  Deno.test(`Session() refuses ${type} ${JSON.stringify(content)}, and goes on`, async () => {
    await using open = new OpenSession({});
    const reply = await open.reply(type, content);
    deepStrictEqual([reply!.content.status, reply!.content.ename], ["error", "RequestError"]);
    match(String(reply!.content.evalue), message);
    strictEqual((await open.reply("execute_request", { code: "a" }))!.content.status, "ok");
  });
}

const SIGNED = sealMessage({
  identities: [CLIENT],
  header: createHeader("execute_request", "s"),
  content: { code: "a" },
}, KEY);
const DROPPED: readonly [string, Uint8Array[]][] = [
  ["nothing", []],
  ["no delimiter", [CLIENT, CLIENT]],
  ["half a message", SIGNED.slice(0, 5)],
  ["a wrong signature", SIGNED.with(2, new Uint8Array(64))],
  ["no signature", SIGNED.with(2, new Uint8Array())],
  ["bytes that are no JSON", SIGNED.with(6, new Uint8Array([0xff]))],
  ["an unknown type", sealMessage({ header: createHeader("no_such_request", "s"), content: {} }, KEY)],
  ["a type of every object", sealMessage({ header: createHeader("constructor", "s"), content: {} }, KEY)],
  ["an interrupt on shell", sealMessage({ header: createHeader("interrupt_request", "s"), content: {} }, KEY)],
];
for (const [what, frames] of DROPPED) {
  Deno.test(`Session() drops ${what}, and goes on`, async () => {
    await using open = new OpenSession({});
    for (const channel of ["shell", "control", "stdin"] as const) {
      if (channel !== "control" || what !== "an interrupt on shell") open.session.receive(channel, frames);
    }
    strictEqual(open.said.length, 1, "only starting was said");
    ok(open.logged.length > 0);
    strictEqual((await open.reply("execute_request", { code: "a" }))!.content.status, "ok");
  });
}

Deno.test("Session() runs a message that comes twice once", async () => {
  await using open = new OpenSession({});
  open.session.receive("shell", SIGNED);
  open.session.receive("shell", SIGNED);
  await open.reply("execute_request", { code: "b" });
  deepStrictEqual(open.engine.cells.map(({ code }) => code), ["a", "b"]);
});

Deno.test("welcome() names the subscription and has it as topic", async () => {
  await using open = new OpenSession({});
  const topic = new TextEncoder().encode("stream");
  const { identities, header, parent, content }: Message = openMessage(open.session.welcome(topic), KEY);
  deepStrictEqual([identities, header.msg_type, parent, content], [[topic], "iopub_welcome", undefined, {
    subscription: "stream",
  }]);
});
