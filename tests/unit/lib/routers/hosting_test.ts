import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import type { Flow } from "../../../../lib/flow/flow.ts";
import type { Mechanism } from "../../../../lib/graph/mechanism.ts";
import { modelRouter, type RouterStep } from "../../../../lib/routers/model_router.ts";
import { modelRunner } from "../../../../lib/routers/model_runner.ts";
import { parallelRun } from "../../../../lib/routers/parallel_run.ts";
import { votingEnsemble } from "../../../../lib/routers/voting_ensemble.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";
import { AddOne, Doubling, Mirror, Moody } from "../../../support/hosted_models.ts";

/** A flow with one model that behaves as it is told, and one that behaves well, inline. */
async function start(mechanism: Mechanism, args: object = {}) {
  const lines: string[] = [];
  const logged = Promise.withResolvers<void>();
  const line = (message: string) => {
    lines.push(message);
    if (/ended/.test(message)) logged.resolve();
  };
  const fn = serving("apart").setParam("p", "parameter").setParam("client", new (class Client {})());
  const router = fn.setTopology("router");
  router.addRoute("moody", Moody, { mechanism, k: 2, own: { deep: [1] }, ...args });
  router.addRoute("calm", Moody, { k: 10 });
  const metrics: unknown[] = [];
  const flow = await fn.start({ log: { debug: line, info: line, warn: line, error: line } });
  const ask = (what: unknown, model = "moody", options = {}) =>
    flow.ask({ inputs: [what] }, { path: `/v2/models/${model}/infer`, ...options }) as Promise<{ outputs: unknown }>;
  return { flow, ask, lines, metrics, ended: logged.promise };
}

/** Asks until the model is there again: it starts anew after a pause. */
async function untilThere(ask: (what: unknown) => Promise<{ outputs: unknown }>): Promise<unknown> {
  for (;;) {
    try {
      return (await ask(21)).outputs;
    } catch (error) {
      strictEqual((error as { status?: number }).status, 503, String(error));
      await new Promise((resolve) => setTimeout(resolve, 20)); // a caller's retry
    }
  }
}

function moody(flow: Flow) {
  return flow.models().find(({ key }) => key === "moody")!;
}

const EVERYWHERE: readonly Mechanism[] = [
  { kind: "worker", timeLimitMs: 20_000 },
  { kind: "pool", workers: 2, timeLimitMs: 20_000 },
  { kind: "process", timeLimitMs: 20_000 },
];

for (const mechanism of EVERYWHERE) {
  const { kind } = mechanism as { kind: string };

  Deno.test(`mechanism "${kind}" answers as a model that runs inline`, async () => {
    const { flow, ask } = await start(mechanism);
    const reply = await ask(3) as unknown as Record<string, unknown>;
    deepStrictEqual([reply.model_name, reply.outputs], ["moody", [6]]);
    deepStrictEqual((await ask("tell")).outputs, ["moody", "apart", "parameter", { deep: [1] }]);
    const where = await flow.ask({ a: 1 }, { path: "/v2/models/moody/where", id: "w" });
    deepStrictEqual(where, { path: "where", method: "POST", id: "w" });
    strictEqual(moody(flow).state, "ready");
    await rejects(flow.ask({}, { path: "/v2/models/moody/infer" }), { status: 400, message: /no key "inputs"/ });
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" brings log lines of the model to the flow's log`, async () => {
    const { flow, ask, lines } = await start(mechanism);
    await ask("tell");
    ok(lines.includes("beware"));
    ok(lines.includes("small trouble"));
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" survives an exit, a stray throw, a stray rejection and a stack overflow`, async () => {
    const { flow, ask } = await start(mechanism);
    for (
      const [what, why] of [["exit", /code 3/], ["throw later", /timer|code 1/], ["reject", /took|code 1/]] as const
    ) {
      const both = await Promise.allSettled([ask(what), ask(4, "calm")]);
      const [failed, calm] = both;
      strictEqual(failed.status, "rejected");
      strictEqual(failed.reason.status, 500);
      match(failed.reason.message, why);
      deepStrictEqual(calm.status === "fulfilled" && calm.value.outputs, [40]);
      deepStrictEqual(await untilThere(ask), [42]);
    }
    await rejects(ask("deep"), { status: 500, message: /Maximum call stack size exceeded/ });
    deepStrictEqual((await ask(1)).outputs, [2]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" ends a loop at its time limit, while others answer, and starts anew`, async () => {
    const { flow, ask, ended } = await start({ ...mechanism as object, timeLimitMs: 300 } as Mechanism);
    const looping = rejects(ask("loop"), { status: 504, message: /there is none after 300 ms/ });
    deepStrictEqual((await ask(4, "calm")).outputs, [40]);
    await looping;
    await ended;
    deepStrictEqual(await untilThere(ask), [42]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" tells the model when the caller leaves`, async () => {
    const { flow, ask, lines } = await start(mechanism);
    const leaving = new AbortController();
    const asked = ask("wait", "moody", { signal: leaving.signal });
    while (!lines.includes("waiting")) await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.abort();
    await rejects(asked);
    const limit = Date.now() + 20_000;
    while (!lines.includes("aborted")) {
      ok(Date.now() < limit, "the model is not told");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    deepStrictEqual((await ask(1)).outputs, [2]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" tells of answers that cannot be sent`, async () => {
    const { flow, ask } = await start(mechanism);
    await rejects(ask("function"), {
      message: /Cannot send the answer of model "moody": it\.outputs\[0\] is a function, and only data/,
    });
    deepStrictEqual((await ask(1)).outputs, [2]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" tells why a model does not load`, async () => {
    await rejects(start(mechanism, { refuses: true }), { message: /Cannot load model "moody": cannot load/ });
  });

  Deno.test(`mechanism "${kind}" takes tensors and gives tensors, and leaves the caller's as they are`, async () => {
    const fn = serving("tensors");
    fn.setTopology("router").addRoute("double", Doubling, { mechanism });
    const flow = await fn.start();
    const data = new Float32Array(100_000).fill(1.5);
    const reply = await flow.ask({ inputs: [{ name: "x", datatype: "FP32", shape: [100_000], data }] }, {
      path: "/v2/models/double/infer",
    }) as { outputs: { name: string; data: Float32Array }[] };
    deepStrictEqual([reply.outputs[0]!.name, reply.outputs[0]!.data.length, reply.outputs[0]!.data[99_999]], [
      "y",
      100_000,
      3,
    ]);
    deepStrictEqual([data.length, data[0]], [100_000, 1.5]);
    deepStrictEqual(flow.models()[0]!.facts().inputs, [{ name: "x", datatype: "FP32", shape: [-1] }]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" gives tasks tensors as they would get them inline, and takes them back`, async () => {
    const fn = serving("mirror");
    fn.setTopology("router", modelRouter()).addRoute("same", Mirror, { mechanism });
    const flow = await fn.start();
    const inputs = [Tensor.from("x", new Float32Array(1_000).fill(2)), Tensor.from("b", ["é"]), { data: [1] }];
    deepStrictEqual(await flow.ask({ inputs }, { path: "/v2/models/same/infer" }), {
      inputs,
      got: [true, true, false],
    });
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" runs a task that is no model`, async () => {
    const fn = serving("task");
    fn.setTopology("router", modelRouter()).addRoute("one", AddOne, { mechanism, by: 3 });
    const flow = await fn.start();
    deepStrictEqual(await flow.ask({ n: 4 }, { path: "/v2/models/one/infer" }), { n: 7 });
    await rejects(flow.ask({}, { path: "/v2/models/one/infer" }), { status: 500, message: /n is no number/ });
    await flow.close();
  });
}

for (const what of ["heap", "bytes"]) {
  Deno.test(`mechanism "process" ends a model that takes too much memory: ${what}`, async () => {
    const { flow, ask } = await start({ kind: "process", timeLimitMs: 30_000, memoryLimitMb: 300 });
    const full = rejects(ask(what), { status: 500, message: /MB of memory|SIGTRAP|SIGABRT|SIGILL|code/ });
    deepStrictEqual((await ask(4, "calm")).outputs, [40]);
    await full;
    deepStrictEqual(await untilThere(ask), [42]);
    await flow.close();
  });
}

Deno.test(`mechanism "pool" answers for the others while a model hangs in every worker, and refuses what queues for it`, async () => {
  const fn = serving("shared");
  const router = fn.setTopology("router");
  for (const key of ["bad", "calm"]) {
    router.addRoute(key, Moody, { mechanism: { kind: "pool", workers: 1, timeLimitMs: 4_000 } });
  }
  await using flow = await fn.start({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  const ask = (what: unknown, model: string) =>
    flow.ask({ inputs: [what] }, { path: `/v2/models/${model}/infer` }) as Promise<{ outputs: unknown }>;
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(what);
  const looping = rejects(ask("loop", "bad"), { status: 504 }).then(tell("the loop is ended"));
  const queued = rejects(ask(1, "bad"), { status: 503, message: /its worker ended, since it had no answer/ });
  await ask(4, "calm").then(tell("calm answers"));
  await ask(5, "calm").then(tell("calm answers"));
  for (const model of ["bad", "calm"]) {
    const headers = { accept: "application/json" };
    const readiness = flow.ask(null, { method: "GET", path: `/v2/models/${model}/ready`, headers });
    await readiness.then(tell(`${model} is ready`));
  }
  await looping;
  await queued;
  deepStrictEqual(told, ["calm answers", "calm answers", "bad is ready", "calm is ready", "the loop is ended"]);
  deepStrictEqual(await untilThere((what) => ask(what, "bad")), [21]);
});

Deno.test(`mechanism "pool" takes back who leaves the queue`, async () => {
  const { flow, ask } = await start({ kind: "pool", workers: 1, timeLimitMs: 300 });
  const looping = rejects(ask("loop"), { status: 504 });
  const leaving = new AbortController();
  const queued = rejects(ask(5, "moody", { signal: leaving.signal }), /The caller left/);
  leaving.abort();
  await queued;
  await looping;
  deepStrictEqual(await untilThere(ask), [42]);
  await flow.close();
});

Deno.test(`mechanism "pool" loads a model anew where it is loaded again`, async () => {
  const { flow, ask } = await start({ kind: "pool", workers: 1 });
  deepStrictEqual([(await ask("asked")).outputs, (await ask("asked")).outputs], [[1], [2]]);
  await moody(flow).load!();
  deepStrictEqual((await ask("asked")).outputs, [1]);
  await flow.close();
});

Deno.test("a model elsewhere tells that it starts anew", async () => {
  const { flow, ask } = await start({ kind: "worker", timeLimitMs: 20_000 });
  await rejects(ask("exit"), { status: 500 });
  strictEqual(moody(flow).state, "restarting");
  match(moody(flow).reason ?? "", /exited with code 3/);
  await rejects(ask(1), (error) => {
    const { status, cause } = error as { status: number; cause: { retryAfterMs?: number } };
    strictEqual(status, 503);
    ok(cause.retryAfterMs !== undefined && cause.retryAfterMs > 0);
    return true;
  });
  deepStrictEqual(await untilThere(ask), [42]);
  deepStrictEqual([moody(flow).state, moody(flow).reason], ["ready", undefined]);
  await flow.close();
});

Deno.test("a mechanism is refused where it is none, and where the class does not say where it is", async () => {
  class Local extends Moody {}
  const fn = serving("faults");
  const router = fn.setTopology("router");
  router.addRoute("a", Moody, { mechanism: "thread" as "worker" });
  router.addRoute("b", Local, { mechanism: "worker" });
  router.addRoute("c", () => 1, { mechanism: "process" } as object);
  router.addRoute("d", Moody, { mechanism: { kind: "pool", memoryLimitMb: 300 } });
  router.addRoute("e", Moody, { mechanism: { kind: "worker", flags: ["--allow-net"] } });
  await rejects(fn.start(), (error) => {
    const { message } = error as Error;
    match(message, /route "e" has flags for mechanism "worker".*Say \{ kind: "process", flags \}/);
    match(
      message,
      /route "d" has a memoryLimitMb for mechanism "pool".*\. Say \{ kind: "process", memoryLimitMb: 300 \}/,
    );
    match(message, /the mechanism of route "a" is "thread"\. Say "inline", "pool", "worker" or "process"/);
    match(message, /route "b" runs by mechanism "worker", which imports its class anew, and class Local does not say/);
    match(message, /route "c" runs by mechanism "process".*a function does not say where it is/);
    return true;
  });
});

const ROUTERS: Readonly<Record<string, () => RouterStep>> = {
  modelRouter: () => modelRouter(),
  modelRunner: () => modelRunner(),
  parallelRun: () => parallelRun(),
  votingEnsemble: () => votingEnsemble(),
};

for (const [name, make] of Object.entries(ROUTERS)) {
  Deno.test(`${name}() tells its models when the caller leaves, inline and elsewhere`, async () => {
    const lines: string[] = [];
    const line = (message: string) => void lines.push(message);
    const until = async (message: string, times: number) => {
      const limit = Date.now() + 20_000;
      while (lines.filter((one) => one === message).length < times) {
        ok(Date.now() < limit, `"${message}" was not told ${times} times`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const fn = serving("leaving");
    const router = fn.setTopology("flow").to("same", (body: object) => body).to("models", make()).respond();
    router.addRoute("inline", Moody).addRoute("elsewhere", Moody, { mechanism: "worker" });
    await using flow = await fn.start({ log: { debug: line, info: line, warn: line, error: line } });
    const models = name === "modelRouter" ? ["inline", "elsewhere"] : ["all"];
    for (const model of models) {
      const leaving = new AbortController();
      const path = name === "modelRouter"
        ? `/v2/models/${model}/infer`
        : name === "modelRunner"
        ? "/"
        : "/v2/models/infer";
      const asked = flow.ask({ inputs: ["wait"] }, { path, signal: leaving.signal });
      const times = model === "all" || model === "elsewhere" ? 2 : 1;
      await until("waiting", times);
      leaving.abort();
      await rejects(asked);
      await until("aborted", times);
    }
  });
}

Deno.test(`mechanism "process" leaves no process behind when its program is killed, also where the model is in a loop`, async () => {
  const script = `
    import { serving } from "${import.meta.resolve("../../../../lib/functions/serving.ts")}";
    import { Moody } from "${import.meta.resolve("../../../support/hosted_models.ts")}";
    const fn = serving("killed");
    fn.setTopology("router").addRoute("moody", Moody, { mechanism: "process" });
    const flow = await fn.start();
    const ask = (what) => flow.ask({ inputs: [what] }, { path: "/v2/models/moody/infer" });
    console.log((await ask("pid")).outputs[0]);
    await ask("loop");
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts", dir: new URL(".", import.meta.url).pathname });
  await Deno.writeTextFile(file, script);
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", file],
    stdout: "piped",
    stdin: "null",
  })
    .spawn();
  const said = parent.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: pid } = await said.read();
  parent.kill("SIGKILL");
  await parent.status;
  await said.cancel();
  await Deno.remove(file);
  ok(Number(pid) > 1, pid);
  for (let turns = 0; isThere(Number(pid)); turns++) {
    ok(turns < 200, "the process is still there");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

for (const [kind, replaced] of [["worker", 2], ["pool", 1]] as const) {
  Deno.test(`mechanism "${kind}" replaces a worker that nothing ends after half a minute, ${replaced} of them, while others answer; then the server does not live`, async () => {
    const program = await runScript(`
    import { serving } from "${import.meta.resolve("../../../../lib/functions/serving.ts")}";
    import { TestClock } from "${import.meta.resolve("../../../../lib/testing/test_clock.ts")}";
    import { Moody } from "${import.meta.resolve("../../../support/hosted_models.ts")}";
    const fn = serving("stuck");
    const mechanism = { kind: "${kind}", timeLimitMs: 1_000, ...("${kind}" === "pool" ? { workers: 1 } : {}) };
    fn.setTopology("router").addRoute("bad", Moody, { mechanism }).addRoute("calm", Moody, { mechanism });
    const clock = new TestClock();
    let loops = 0;
    const info = (line) => line === "looping" && loops++;
    const server = await fn.toMockServer({ clock, log: { debug() {}, info, warn() {}, error() {} } });
    const send = async (path, inputs) => {
      const body = JSON.stringify({ inputs });
      const response = await server.fetch(new Request("http://x" + path, inputs && { method: "POST", body }));
      return [response.status, await response.json()];
    };
    const ask = async (what, model, lost) => {
      let answer;
      send("/v2/models/" + model + "/infer", [what]).then((given) => answer = given);
      while (answer === undefined) { // a thread works by the world's time, its limits are the clock's
        await new Promise((resolve) => setTimeout(resolve, 20));
        await clock.advance(what !== "late loop" ? 10 : loops > lost ? 1_000 : 0);
      }
      return answer[0] === 200 ? answer[1].outputs[0] : answer[0];
    };
    const told = [];
    for (let lost = 0; lost <= ${replaced}; lost++) {
      while (await ask(7, "bad") !== 7);
      const before = await ask("late loop", "bad", lost);
      const meanwhile = [await ask(1, "bad"), await ask(2, "calm")];
      await clock.advance(30_000);
      told.push([before, ...meanwhile, (await send("/live"))[0]]);
    }
    told.push(await send("/v2/health/live"), await ask(1, "bad"), await ask(2, "calm"), (await send("/ready"))[0]);
    const closing = server[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await clock.advance(10_000);
    await closing;
    console.log(JSON.stringify(told));
  `);
    const rounds = Array.from({ length: replaced + 1 }, (_, round) => [504, 503, 2, round === replaced ? 503 : 200]);
    const why = "it had no answer after 1000 ms: in a loop, out of memory, or slow";
    const reason = kind === "pool"
      ? `${why}; that stays so in this program, since the pool has lost too many`
      : `${why}; of 3 that ended something is left for good, and no more begins in this program`;
    const reasons = [{ model: "bad", state: "restarting", reason }];
    deepStrictEqual(program, [...rounds, [503, { live: false, reasons }], 503, 2, 200]);
  });
}

/** Runs a program that writes JSON, and ends by itself. */
async function runScript(script: string): Promise<unknown> {
  const file = await Deno.makeTempFile({ suffix: ".ts", dir: new URL(".", import.meta.url).pathname });
  await Deno.writeTextFile(file, script);
  const args = ["run", "--quiet", "-A", "--no-check", file];
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  await Deno.remove(file);
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Whether a process runs; one that has ended and that nobody has looked at yet does not. */
function isThere(pid: number): boolean {
  try {
    return !/\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
