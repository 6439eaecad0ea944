import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Output } from "../../../../kernel/engine/engine.ts";
import { OutputQueue } from "../../../../kernel/engine/output_queue.ts";

function stream(text: string, execution = "a", name: "stdout" | "stderr" = "stdout"): Output {
  return { execution, kind: "stream", name, text };
}

const CLEAR: Output = { execution: "a", kind: "clear", wait: false };

Deno.test("push() joins text of one run and stream only, and keeps the order", async () => {
  const delivered: Output[] = [];
  const queue = new OutputQueue((output) => void delivered.push(output));
  const given = [
    stream("1"),
    stream("2"),
    stream("3", "a", "stderr"),
    stream("4"),
    stream("5", "b"),
    CLEAR,
    stream("6", "b"),
    stream("7", "b"),
  ];
  for (const output of given) queue.push(output);
  await queue.flush();
  const texts = delivered.map((each) => each.kind === "stream" ? [each.execution, each.name, each.text] : each.kind);
  strictEqual(
    delivered.map((each) => each.kind === "stream" ? each.text : "").join(""),
    given.map((each) => each.kind === "stream" ? each.text : "").join(""),
  );
  deepStrictEqual(texts.filter((each) => each === "clear").length, 1);
  deepStrictEqual(texts.at(-1), ["b", "stdout", "67"]);
});

Deno.test("push() delivers waiting text before anything else, and one output at a time", async () => {
  const log: string[] = [];
  const queue = new OutputQueue(async (output) => {
    const label = output.kind === "stream" ? output.text : output.kind;
    log.push(`> ${label}`);
    await null;
    log.push(`< ${label}`);
  });
  queue.push(stream("text"));
  queue.push(CLEAR);
  await queue.flush();
  deepStrictEqual(log, ["> text", "< text", "> clear", "< clear"]);
});

Deno.test("push() delivers text that stays alone after a moment", async () => {
  const { promise, resolve } = Promise.withResolvers<Output>();
  const queue = new OutputQueue(resolve);
  queue.push(stream("alone"));
  deepStrictEqual(await promise, stream("alone"));
});

Deno.test("push() joins what comes while a slow session takes the output before", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const texts: string[] = [];
  const queue = new OutputQueue((output) => {
    texts.push(output.kind === "stream" ? output.text : output.kind);
    return texts.length === 1 ? gate : undefined;
  });
  queue.push(CLEAR);
  for (let i = 0; i < 1_000; i++) queue.push(stream("x"));
  open();
  await queue.flush();
  deepStrictEqual(texts, ["clear", "x".repeat(1_000)]);
});

Deno.test("flush() settles at once when nothing waits", async () => {
  await new OutputQueue(() => {}).flush();
});
