import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import type { Carried, Run } from "../../../../kernel/engine/carried.ts";
import type { CdpClient } from "../../../../kernel/engine/cdp.ts";
import { EngineProcess, startProcess } from "../../../../kernel/engine/engine_process.ts";

const RUN: Run = { execution: "r1", cellId: null, count: 1, silent: false, mappings: [], shift: 0 };

/** A process in a folder of its own, and everything that it has said. */
async function open() {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const carried: Carried[] = [];
  const raw: string[] = [];
  const asked = Promise.withResolvers<number>();
  const events = {
    carried: (each: Carried) => {
      carried.push(each);
      if (each.kind === "ask") asked.resolve(each.number);
    },
    raw: (name: string, text: string) => void raw.push(`${name}: ${text}`),
  };
  const process = await startProcess(directory, events);
  return {
    directory,
    process,
    carried,
    /** The number of the first question. */
    asked: asked.promise,
    raw,
    events,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("startProcess() starts a quiet process in the notebook's folder", async () => {
  await using side = await open();
  const { result } = await side.process.evaluate("Deno.cwd()", RUN);
  deepStrictEqual([result.value, side.raw, side.carried], [side.directory, [], []]);
});

Deno.test("EngineProcess.drain() waits for what was said and for what was written past the console, each in its order", async () => {
  await using side = await open();
  const code = `console.log("a"); Deno.stdout.writeSync(new TextEncoder().encode("b")); console.error("c");
const child = new Deno.Command(Deno.execPath(), { args: ["eval", "console.log('d')"], stdin: "null", stdout: "inherit" });
await child.spawn().status;`;
  await side.process.evaluate(code, RUN);
  await side.process.drain(side.events);
  const said = side.carried.map((each) => each.kind === "stream" ? `${each.name}: ${each.text}` : each.kind);
  deepStrictEqual(said.join("|"), "stdout: a\nb|stderr: c\n");
  deepStrictEqual(side.raw, ["stdout: d\n"]);
});

Deno.test("EngineProcess.evaluate() tells what was thrown, and describe() what a person reads of it", async () => {
  await using side = await open();
  const { exceptionDetails } = await side.process.evaluate("throw new RangeError('too far')", RUN);
  const described = await side.process.describe(exceptionDetails!.exception!.objectId!) as {
    name: string;
    message: string;
  };
  deepStrictEqual([described.name, described.message], ["RangeError", "too far"]);
});

Deno.test("EngineProcess.interrupt() tells whether the loop still turns, and terminate() ends what does not let it", async () => {
  await using side = await open();
  strictEqual(await side.process.interrupt(), true);
  side.process.evaluate("while (true) {}", RUN).catch(() => {}); // V8 settles it when it collects the promise
  const turns = side.process.interrupt();
  const again = setInterval(() => side.process.terminate().catch(() => {}), 50); // V8 can lose one
  strictEqual(await turns, true);
  clearInterval(again);
  await side.process.interrupt(); // what came when the loop had ended already ends this
  strictEqual((await side.process.evaluate("1 + 1", RUN)).result.value, 2);
});

Deno.test("EngineProcess.tell() answers a process that waits for this line, and throws nothing at one that is gone", async () => {
  await using side = await open();
  const running = side.process.evaluate("prompt('name')", RUN);
  const number = await side.asked;
  await side.process.tell({ kind: "answer", number: number + 7, text: "for nobody", interrupted: false });
  await side.process.tell({ kind: "answer", number, text: "rui", interrupted: false });
  strictEqual((await running).result.value, "rui");
  await side.process[Symbol.asyncDispose]();
  await side.process.tell({ kind: "taken", number: 1 });
});

Deno.test("EngineProcess.ended tells how the process went, with its last words taken", async () => {
  const left = await open();
  await rejects(left.process.evaluate("console.log('last'); Deno.exit(3)", RUN), { name: "CdpError", isGone: true });
  strictEqual(await left.process.ended, "exit code 3");
  deepStrictEqual(left.carried.map((each) => each.kind === "stream" && each.text), ["last\n"]);
  await left[Symbol.asyncDispose]();
  const killed = await open();
  await killed.process[Symbol.asyncDispose]();
  await killed.process[Symbol.asyncDispose](); // twice is once
  strictEqual(await killed.process.ended, "signal SIGKILL");
  await killed[Symbol.asyncDispose]();
});

Deno.test("startProcess() tells what a process wrote that does not come up", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/deno.json`, '{ "importMap": 5 }');
  const error = await startProcess(directory, { carried: () => {}, raw: () => {} }).then(
    () => undefined,
    (error: Error) => error,
  );
  match(error?.message ?? "", /^Cannot start the engine process: error: .*deno\.json/s);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("EngineProcess.ended settles where the connection has ended and the process does not: nobody waits for it for ever", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "setInterval(() => {}, 1_000)"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const cdp = { closed: Promise.resolve() } as CdpClient;
  const parts = { child, cdp, token: "token", stderr: child.stderr, scripts: new Map<string, string>() };
  const process = new EngineProcess(parts, { carried() {}, raw() {} });
  strictEqual(await process.ended, "signal SIGKILL");
});
