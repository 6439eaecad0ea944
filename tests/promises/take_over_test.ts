import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Crew } from "../../lib/cli/workers/crew.ts";
import { post, withDeployLab } from "../support/deployed.ts";
import { ASKED as SHARED, withPortSharer } from "../support/port_sharer.ts";
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
/** A function that answers when it may. */
const held = (version: number) =>
  `import { existsSync, writeFileSync } from "node:fs";
import { serving } from "levada";
const fn = serving("held");
fn.setTopology("flow").to("hold", async ({ folder }: { folder: string }) => {
  writeFileSync(folder + "/begun", "");
  while (!existsSync(folder + "/go")) await new Promise((passed) => setTimeout(passed, 10));
  return { version: ${version} };
}).respond();
export default fn;
`;
/** Steps that hold the thread, as models do that compute. */
const COMPUTING = `import { serving } from "levada";
const fn = serving("pids");
fn.setTopology("flow").to("pid", ({ ms }: { ms: number }) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
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
      const crewOn = (port: number) => crewOf(1, { module, port, out });
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

Deno.test({
  name:
    "workers whose steps hold the thread are replaced under load, by fresh and kept connections, without a failed request",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withModule(COMPUTING, async (module) => {
      let crew = crewOf(2, { module, port: 0 });
      const { port } = await crew.start();
      const [pids, failures] = [new Set<number>(), [] as unknown[]];
      let ends = false;
      const ask = async (keeps: boolean) => {
        using client = Deno.createHttpClient({ poolMaxIdlePerHost: keeps ? 1 : 0 });
        while (!ends) {
          const headers = { "content-type": "application/json", ...keeps ? {} : { connection: "close" } };
          const asked = { method: "POST", body: JSON.stringify({ ms: 120 }), headers, client };
          await fetch(`http://127.0.0.1:${port}`, asked).then(async (answer) => pids.add((await answer.json()).pid))
            .catch((error) => failures.push(error));
        }
      };
      const asking = Array.from({ length: 20 }, (_, index) => ask(index % 4 === 0));
      for (let round = 0; round < 3; round += 1) {
        const next = crewOf(2, { module, port });
        await next.start();
        next.takeOver(2);
        await crew.stop();
        next.share();
        crew = next;
      }
      ends = true;
      await Promise.all(asking);
      await crew.stop();
      deepStrictEqual(failures, []);
      ok(pids.size > 2, `${pids.size} workers answered`);
    });
  },
});

Deno.test({
  name:
    "new connections are given to a new revision alone while the old one ends, and to all that have the port afterwards",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withDeployLab(async (lab) => {
      const { url } = await lab.deploy(held(1));
      const answer = post(url, { folder: lab.folder });
      while (!existsSync(join(lab.folder, "begun"))) await new Promise((passed) => setTimeout(passed, 10));
      await withPortSharer(async (other) => { // opened between the old and the new one: it is whom the kernel takes for the new one
        const replacing = Promise.withResolvers<void>();
        const deploying = lab.deploy(held(2), {
          onProgress: ({ state }) => state === "replacing" && replacing.resolve(),
        });
        await Promise.race([replacing.promise, deploying]);
        strictEqual(await other.given((count) => count === SHARED), SHARED);
        await Deno.writeTextFile(join(lab.folder, "go"), "");
        deepStrictEqual(await (await answer).json(), { version: 1 });
        await deploying;
        const given = await other.given((count) => count < SHARED);
        ok(given > 0 && given < SHARED, `${given} of ${SHARED}`);
      }, Number(new URL(url).port));
    });
  },
});

function crewOf(size: number, { module, port, out = () => {} }: {
  readonly module: string;
  readonly port: number;
  readonly out?: (text: string) => void;
}): Crew {
  const terminal = { out, err() {}, isInteractive: false, columns: 80 };
  return new Crew([module, "--port", String(port)], {
    size,
    flags: undefined,
    context: { terminal, signal: new AbortController().signal },
  });
}
