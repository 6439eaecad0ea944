import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { Crew } from "../../lib/cli/workers/crew.ts";
import { pidOf, withModule } from "../support/served_pids.ts";

const MODULE = `import { existsSync } from "node:fs";
import { serving } from "levada";
const fn = serving("pids");
fn.setTopology("flow").to("pid", ({ until }: { until?: string }) => {
  if (until !== undefined) console.log("spins");
  while (until !== undefined && !existsSync(until));
  return { pid: Deno.pid };
}).respond();
export default fn;
`;
const ASKED = 64; // on as many connections: that all come to one of two by chance is as good as never

Deno.test({
  name: "workers that take over a port get all new connections, and what waits at those that end is answered",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withModule(MODULE, async (module) => {
      const spins = Promise.withResolvers<void>();
      const out = (text: string) => text === "spins\n" && spins.resolve();
      const terminal = { out, err() {}, isInteractive: false, columns: 80 };
      const crewOn = (port: number) =>
        new Crew([module, "--port", String(port)], {
          size: 1,
          flags: undefined,
          context: { terminal, signal: new AbortController().signal },
        });
      const old = crewOn(0);
      const { port } = await old.start();
      const next = crewOn(port);
      await next.start();
      const url = `http://127.0.0.1:${port}`;
      const asked = async () => await Promise.all(Array.from({ length: ASKED }, () => pidOf(url)));
      const [[oldPid], [nextPid]] = [old.state.pids, next.state.pids];
      deepStrictEqual(new Set(await asked()), new Set([oldPid, nextPid]));

      next.takeOver(1);
      while (new Set(await asked()).has(oldPid!));
      for (let round = 0; round < 4; round += 1) deepStrictEqual(new Set(await asked()), new Set([nextPid]));
      next.share();
      while (!new Set(await asked()).has(oldPid!));

      const until = join(module, "../until");
      const spinning = Array.from({ length: ASKED }, () => pidOf(url, { until }));
      await spins.promise;
      const waiting = asked();
      const stopped = old.stop();
      await Deno.writeTextFile(until, "");
      const pids = [...await Promise.all(spinning), ...await waiting];
      strictEqual(pids.length, 2 * ASKED);
      ok(pids.includes(oldPid!) && pids.includes(nextPid!));
      await stopped;
      deepStrictEqual(new Set(await asked()), new Set([nextPid]));
      await next.stop();
    });
  },
});
