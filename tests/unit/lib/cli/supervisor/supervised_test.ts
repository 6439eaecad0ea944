import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { ProcessFunctionStatus, ProcessStatus } from "../../../../../lib/deploy/process/deployed_state.ts";
import { ProcessDeployment } from "../../../../../lib/deploy/process/deployment.ts";
import { isAlive, withDeployLab } from "../../../../support/deployed.ts";

const named = (child: string) =>
  `import { queue, serving } from "levada";
const fn = serving("-x").addChildFunction(${JSON.stringify(child)});
fn.setTopology("flow").to("tell", (n: number) => n).respond()
  .to("q", queue())
  .to("print", (n: number) => void console.log("printed", n), { function: ${JSON.stringify(child)} });
export default fn;
`;

Deno.test("functions run that are called as options, folders or the supervisor's log are; one that no file can be called as is refused", async () => {
  await withDeployLab(async (lab) => {
    const long = "n".repeat(201);
    await rejects(lab.deploy(named(long)), {
      name: "DeployError",
      message:
        `Cannot deploy "-x": function "${long}": its name stands for a file, in 1 to 200 bytes: this one has 201 bytes`,
    });
    for (const child of ["--port=1", "../supervisor"]) {
      await lab.deploy(named(child));
      strictEqual(await new ProcessDeployment("-x").invoke("/", 7), 7);
      const follow = new AbortController();
      for await (
        const line of new ProcessDeployment("-x").logs({ function: child, follow: true, signal: follow.signal })
      ) {
        if (line === "printed 7") follow.abort();
      }
    }
    const { code, out } = await lab.levada("status", "--", "-x");
    deepStrictEqual(code, 0);
    match(out, /^-x: ready, /);
  });
});

const BUSY = `import { serving } from "levada";
const fn = serving("busy");
fn.setTopology("flow").to("work", ({ prints }: { prints?: boolean }) => {
  for (let at = 0; prints;) if (performance.now() > at + 500) console.log("a line", at = performance.now());
  return Deno.pid;
}).respond();
export default fn;
`;

Deno.test("a worker that was stopped, or computes and even prints, is told of while the others answer, and is ready again once it goes on", async () => {
  await withDeployLab(async (lab) => {
    const busy = await lab.deploy(BUSY, { workers: 2 });
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
    const ask = async (body: object, signal?: AbortSignal) => {
      const response = await fetch(busy.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        client,
        ...signal && { signal },
      });
      return Number(await response.text());
    };
    const answering = await ask({}); // it keeps the connection
    const { functions: [{ pids: [one, two] }] } = await lab.status("busy") as Status;
    const stopped = one === answering ? two : one;
    Deno.kill(stopped, "SIGSTOP");
    const untilIt = async (state: string) => {
      for (;;) {
        const status = await lab.status("busy") as Status;
        if (status.state === state) return status;
      }
    };
    const { reason, functions: [{ serving, pids, silent }] } = await untilIt("failing");
    deepStrictEqual([serving, pids, silent?.map(({ pid }) => pid)], [1, [answering], [stopped]]);
    match(
      reason!,
      new RegExp(
        `^busy: worker [12], process ${stopped}, has not answered for \\d+ s, since 20[^ ]+Z: it computes, or was stopped, ` +
          "and what it was asked waits\\. Without an answer, or a line that it writes, for 40 s it is killed and replaced$",
      ),
    );
    strictEqual(await ask({}), answering);
    const { code, out } = await lab.levada("status", "busy");
    deepStrictEqual([code, out.includes("failing  1 of 2 workers")], [1, true]);
    Deno.kill(stopped, "SIGCONT");
    const { functions: [again] } = await untilIt("ready");
    deepStrictEqual([again.serving, again.restarts, again.silent, again.reason], [2, 0, undefined, undefined]);
    const given = new AbortController();
    const printing = ask({ prints: true }, given.signal).catch(() => "broken off");
    const { functions: [{ silent: prints }] } = await untilIt("failing");
    ok(isAlive(prints![0]!.pid));
    deepStrictEqual(prints!.map(({ pid }) => pid), [answering]);
    Deno.kill(answering, "SIGKILL");
    given.abort();
    strictEqual(await printing, "broken off");
    strictEqual((await untilIt("ready")).functions[0].restarts, 1);
  });
});

type Status = ProcessStatus & { functions: [ProcessFunctionStatus & { pids: [number, number] }] };
