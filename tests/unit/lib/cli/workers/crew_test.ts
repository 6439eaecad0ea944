import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { Crew } from "../../../../../lib/cli/workers/crew.ts";
import type { CrewState, SilentWorker } from "../../../../../lib/cli/workers/crew_options.ts";
import { ASKED, withPortSharer } from "../../../../support/port_sharer.ts";
import { startServe } from "../../../../support/serve_process.ts";
import { isGone, pidOf, pidsOf, withModule } from "../../../../support/served_pids.ts";

const SPIN = `import { serving } from "levada";
const fn = serving("spin");
fn.setTopology("flow").to("spin", ({ spins }: { spins?: boolean }) => {
  if (spins) console.log("spins");
  while (spins);
  return { pid: Deno.pid };
}).respond();
export default fn;
`;

Deno.test("Crew kills and replaces a worker that gives no sign of life, and one that does not end in time", async () => {
  await withModule(SPIN, async (module) => {
    const told = Promise.withResolvers<string>();
    const terminal = { out() {}, err: told.resolve, isInteractive: false, columns: 80 };
    const crew = new Crew([module, "--port", "0"], {
      size: 2,
      flags: undefined,
      context: { terminal, signal: new AbortController().signal },
      graceMs: 100,
      signMs: 20,
    });
    const { port } = await crew.start();
    const url = `http://127.0.0.1:${port}`;
    const spinning = pidOf(url, { spins: true }).catch(() => "broken off");
    while (crew.state.silent.length === 0) await new Promise((look) => setTimeout(look, 5));
    const { pids: listening, silent: [{ pid, killedAfterMs }] } = crew.state as CrewState & { silent: [SilentWorker] };
    deepStrictEqual([listening.includes(pid), listening.length, killedAfterMs], [true, 2, 800]);
    match(await told.promise, /^Worker [12] gave no sign of life and was killed; another starts in 0\.5 s\n$/);
    strictEqual(await spinning, "broken off");
    const pids = new Set<number>();
    while (pids.size < 2) pids.add(await pidOf(url));
    await crew.stop();
    ok(await isGone(url));
  });
  await withModule(SPIN, async (module) => {
    await using server = startServe([module, "--workers", "2", "--grace", "0.1"]);
    const spinning = pidOf(await server.url, { spins: true }).catch(() => "broken off");
    await server.wrote(/spins\n/);
    server.kill("SIGTERM");
    deepStrictEqual([await server.code, await spinning], [1, "broken off"]);
    match(
      server.err(),
      /^levada serve: Cannot end as it should, with a grace of 100 ms: worker [12] was ended by SIGKILL\n$/,
    );
  });
});

const GATED = `import { serving } from "levada";
const gate = new URL("./gate", import.meta.url);
console.log("loads");
const isClosed = () => Deno.stat(gate).then(() => true, () => false);
if (await isClosed()) {
  if (await Deno.readTextFile(gate) === "broken") throw new Error("no disk");
  for await (const _ of Deno.watchFs(new URL(".", import.meta.url).pathname)) if (!await isClosed()) break;
}
const fn = serving("pids");
fn.setTopology("flow").to("pid", ({ dies }: { dies?: boolean }) => {
  if (dies) Deno.exit(7);
  return { pid: Deno.pid };
}).respond();
export default fn;
`;

Deno.test("levada serve --workers renews by one that listens before the old one ends", async () => {
  await withModule(GATED, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const old = await pidsOf(server, 2);
    const gate = join(module, "../gate");
    await Deno.writeTextFile(gate, "");
    server.kill("SIGHUP");
    await server.wrote(/(loads\n[^]*){3}/);
    const answered = new Set<number>();
    for (let asked = 0; asked < 64; asked += 1) answered.add(await pidOf(await server.url));
    await Deno.remove(gate); // before anything fails: who waits for it outlives its parent
    deepStrictEqual(answered, old); // both still answered
    await server.wrote(/Renewed 2 workers\n/);
    deepStrictEqual([...await pidsOf(server, 2)].filter((pid) => old.has(pid)), []);
  });
});

Deno.test("levada serve --workers keeps its number when it renews while one who died waits for its replacement", async () => {
  await withModule(GATED, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    await pidsOf(server, 2);
    await pidOf(await server.url, { dies: true }).catch(() => {});
    await server.wrote(/another starts in 0\.5 s\n/);
    server.kill("SIGHUP");
    await server.wrote(/Renewed 2 workers\n/);
    await new Promise((resolve) => setTimeout(resolve, 700)); // the pause is over
    const children = await new Deno.Command("pgrep", { args: ["-P", String(server.pid)] }).output();
    strictEqual(new TextDecoder().decode(children.stdout).trim().split("\n").length, 2);
  });
});

Deno.test("levada serve --workers keeps those who serve where another cannot start, and tries on", async () => {
  await withModule(GATED, async (module) => {
    const lines: string[] = [];
    const told = Promise.withResolvers<void>();
    const terminal = {
      out() {},
      err: (text: string) => {
        lines.push(text);
        if (lines.length === 4) told.resolve();
      },
      isInteractive: false,
      columns: 80,
    };
    const context = { terminal, signal: new AbortController().signal };
    const crew = new Crew([module, "--port", "0"], { size: 2, flags: undefined, context, firstPauseMs: 1 });
    const { port } = await crew.start();
    const url = `http://127.0.0.1:${port}`;
    const gate = join(module, "../gate");
    await Deno.writeTextFile(gate, "broken");
    await pidOf(url, { dies: true }).catch(() => {});
    await told.promise;
    match(lines[3]!, /ended with exit code 1, 3 times before it listened: 1 of 2 serve; another starts in 0\.008 s/);
    ok(await pidOf(url) > 0);
    await Deno.remove(gate);
    const pids = new Set<number>();
    while (pids.size < 2) pids.add(await pidOf(url));
    await crew.stop();
  });
  await withModule(GATED, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    await pidsOf(server, 2);
    await Deno.writeTextFile(join(module, "../gate"), "broken");
    for (const pid of await pidsOf(server, 2)) Deno.kill(pid, "SIGKILL");
    strictEqual(await server.code, 1);
    match(server.err(), /levada serve: Cannot keep worker [12]: it failed to start 3 times, and says why above\n$/);
  });
});

const HELD = `import { existsSync } from "node:fs";
import { serving } from "levada";
const fn = serving("held");
fn.setTopology("flow").to("hold", ({ pid, until }: { pid?: number; until?: string }) => {
  if (pid === Deno.pid) console.log("held");
  while (pid === Deno.pid && until !== undefined && !existsSync(until));
  return { pid: Deno.pid };
}).respond();
export default fn;
`;

Deno.test({
  name: "Crew has whom connections go to told by any worker that hears it, and by one that comes later where all hang",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withModule(HELD, async (module) => {
      const asking: Promise<unknown>[] = [];
      await withPortSharer(async (other) => {
        let held = Promise.withResolvers<void>();
        const out = (text: string) => text === "held\n" && held.resolve();
        const terminal = { out, err() {}, isInteractive: false, columns: 80 };
        const context = { terminal, signal: new AbortController().signal };
        const words = [module, "--port", String(other.port)];
        const crew = new Crew(words, { size: 2, flags: undefined, context, firstPauseMs: 1 });
        await crew.start();
        const until = join(module, "../until");
        const hold = async (pid: number) => {
          held = Promise.withResolvers();
          let isHeld = false;
          void held.promise.then(() => isHeld = true);
          while (!isHeld) {
            asking.push(pidOf(`http://127.0.0.1:${other.port}`, { pid, until }).catch(() => {})); // who shares the port answers nobody
            await Promise.race([held.promise, new Promise((passed) => setTimeout(passed, 50))]);
          }
        };
        const [first, second] = crew.state.pids;
        await hold(first!);
        crew.takeOver(1);
        strictEqual(await other.given((count) => count === 0), 0);
        await hold(second!);
        crew.share();
        strictEqual(await other.given((count) => count === 0), 0); // nobody has heard it
        Deno.kill(first!, "SIGKILL");
        while (crew.state.pids.length < 2 || crew.state.pids.includes(first!)) {
          await new Promise((passed) => setTimeout(passed, 10));
        }
        const given = await other.given((count) => count > 0);
        ok(given > 0 && given < ASKED, `${given} of ${ASKED}`);
        await Deno.writeTextFile(until, "");
        await crew.stop();
      });
      await Promise.all(asking);
    });
  },
});
