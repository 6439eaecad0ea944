/** What a revision that is refused does to production's records: nothing. */

import { deepStrictEqual, match, notStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { type DeployLab, withDeployLab } from "../support/deployed.ts";

/** A front, and a child that tells which revision has a record. `inWorker` is done in each process before it is served. */
const reader = (version: number, inWorker = "") =>
  `import { DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";
import { queue, serving } from "levada";
const isFront = Deno.args.includes("--function=reader");
if (Deno.env.get("LEVADA_WORKER") !== undefined) { ${inWorker} }
const fn = serving("reader").addChildFunction("child");
fn.setTopology("flow").to("pass", (body: unknown) => body).respond()
  .to("work", queue({ path: "local://work?partitions=8" }))
  .to("tell", (n: number) => ({ n, version: ${version} }), { function: "child" })
  .to("told", queue({ path: "local://told" }));
export default fn;
`;
const FIRST = reader(1);
/** Its front waits for a file to go, then does not start. */
const REFUSED = reader(
  2,
  `if (isFront) {
    const gate = Deno.env.get("GATE")!;
    const isClosed = () => Deno.stat(gate).then(() => true, () => false);
    await Deno.writeTextFile(gate, "waits");
    for await (const _ of Deno.watchFs(dirname(gate))) if (!await isClosed()) break;
    throw new Error("no disk");
  }`,
);
/** It starts, but cannot join its group. */
const LONELY = reader(
  3,
  `const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    if (sql.startsWith("INSERT INTO members")) throw new Error("no place in the group");
    return prepare.call(this, sql);
  };`,
);
const LAST = reader(4);

interface Told {
  readonly n: number;
  readonly version: number;
}

Deno.test("a revision that is refused has read nothing, not even where its other functions were ready; one that cannot read is refused; one that runs reads", async (t) => {
  await withDeployLab(async (lab) => {
    const gate = join(lab.folder, "gate");
    Deno.env.set("GATE", gate);
    try {
      await lab.deploy(FIRST);
      const folder = join(lab.state, "streams");
      await using work = await openLocal<number>("local://work", { folder });
      await using told = await openLocal<Told>("local://told", { folder });
      const telling = await told.subscribe({ group: "test" });
      let published = 0;
      /** Which revisions have worked on a hundred records, spread over all partitions; what comes twice counts once. */
      const workers = async () => {
        const waited = new Set(Array.from({ length: 100 }, () => published++));
        await work.publish([...waited].map((n) => ({ body: n, key: String(n) })));
        const versions = new Set<number>();
        while (waited.size > 0) {
          const { value } = await telling.next();
          for (const { body: { n, version } } of value!.records) if (waited.delete(n)) versions.add(version);
          await value!.ack();
        }
        return [...versions];
      };
      const refusal = (code: string) => lab.deploy(code).then(() => "deployed", (error: Error) => error.message);

      await t.step("its child is ready while its front still starts", async () => {
        const refused = refusal(REFUSED);
        for (;;) {
          if (await Deno.readTextFile(gate).catch(() => "") === "waits") break;
          await new Promise((look) => setTimeout(look, 20));
        }
        const during = await workers();
        await Deno.remove(gate);
        match(await refused, /function "reader" does not start: worker 1 ended with exit code 1[^]*no disk/);
        deepStrictEqual([during, await workers()], [[1], [1]]);
      });

      await t.step("it cannot join its group; the state is as before", async () => {
        const before = await stateOf(lab);
        match(await refusal(LONELY), /function "child" does not read: worker 1 ended with exit code 1 before it read/);
        deepStrictEqual([await workers(), await stateOf(lab)], [[1], before]);
      });

      await t.step("what replaces it reads", async () => {
        await lab.deploy(LAST);
        deepStrictEqual(await workers(), [4]);
        const pidOf = async () => (await lab.status("reader")).functions.find(({ name }) => name === "child")!.pids[0];
        const killed = await pidOf();
        Deno.kill(killed!, "SIGKILL");
        deepStrictEqual(await workers(), [4]); // by who took its place
        notStrictEqual(await pidOf(), killed);
      });
    } finally {
      Deno.env.delete("GATE");
    }
  });
});

async function stateOf(lab: DeployLab): Promise<string> {
  return await Deno.readTextFile(join(lab.state, "deployments", "reader", "state.json"));
}
