import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { FileTickKeeper, readTicks } from "../../lib/triggers/tick_keeper.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { startServe } from "../support/serve_process.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** What it is started by leaves with the process that worked on it. */
const MODULE = `import { type FlowEvent, queue, serving } from "levada";
const fn = serving("shop")
  .addTrigger("orders", { stream: "local://orders", maxTries: 2, backoffMs: 1 })
  .addTrigger("count", { schedule: { everyMs: 250 }, overlap: "allow", body: "tick" });
fn.setTopology("flow")
  .to("see", ({ id, body, trigger }: FlowEvent) => {
    if (body === "poison") throw new Error("cannot be eaten");
    return { id, body, trigger, pid: Deno.pid };
  }, { fullEvent: true })
  .to("seen", queue({ path: "local://seen" }));
export default fn;
`;

interface Seen {
  readonly id: string;
  readonly body: unknown;
  readonly trigger: string;
  readonly pid: number;
}

/** What has come out, as it comes. */
async function* seenIn(state: string): AsyncGenerator<Seen> {
  await using stream = await openLocal<Seen>("local://seen", { folder: join(state, "streams") });
  for await (const delivery of await stream.subscribe({ group: "test" })) {
    for (const { body } of delivery) yield body;
    await delivery.ack();
  }
}

Deno.test("triggers of a served function: a time comes once however many workers there are, and who is killed loses nothing", async () => {
  await using folder = await temporaryFolder();
  const state = folder.path;
  const module = join(state, "shop.ts");
  await Deno.writeTextFile(module, MODULE);
  const env = { LEVADA_STATE: state };
  const ticks: string[] = [];
  const orders = new Set<unknown>();
  const pids = new Set<number>();
  await using input = await openLocal<unknown>("local://orders", { folder: join(state, "streams") });
  const seen = seenIn(state);
  {
    await using server = startServe([module, "--workers", "3"], { env });
    await server.url;
    await input.publish([...Array.from({ length: 300 }, (_, body) => ({ body })), { body: "poison", id: "p" }]);
    let killed: number | undefined;
    for await (const { id, body, trigger, pid } of seen) {
      pids.add(pid);
      if (trigger === "schedule://count") ticks.push(id);
      else orders.add(body);
      if (ticks.length >= 8 && killed === undefined) {
        deepStrictEqual([...new Set(ticks)], ticks); // before somebody is killed in the middle of one
        Deno.kill(killed = pid, "SIGKILL");
        await input.publish(Array.from({ length: 300 }, (_, index) => ({ body: 300 + index })));
      }
      if (killed !== undefined && orders.size === 600 && ticks.length >= 20) break;
    }
    ok(pids.size >= 2, "ticks and orders are shared by workers");
    server.kill("SIGTERM");
    strictEqual(await server.code, 0);
  }
  const kept = (await readTicks(join(state, "schedules"), { group: "shop", name: "count" }))!;
  ok(kept.fired >= 20);
  const times = [...new Set(ticks)].map((id) => Date.parse(id.slice("count@".length)));
  ok(times.every((time) => time % 250 === 0));
  await using letters = await openLocal("local://orders-dead-letters", { folder: join(state, "streams") });
  const { value } = await (await letters.subscribe({ group: "test" })).next();
  deepStrictEqual(value!.records.map(({ id, error }) => [id, error!.step, error!.message]), [
    ["p", "see", "cannot be eaten"],
  ]);

  // nothing ran for ten minutes
  const last = new Date(Date.parse(kept.last) - 600_000).toISOString();
  await new FileTickKeeper(join(state, "schedules")).change(
    { group: "shop", name: "count" },
    () => Promise.resolve({ ...kept, last }),
  );
  await using server = startServe([module], { env });
  const [line] = await server.wrote(/Schedule count has missed [^\n]*/);
  match(line, /has missed 1000 times and more, the last .*: nothing ran it then/);
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
});

const SLOW = `import { serving } from "levada";
const fn = serving("slow").addTrigger("count", { schedule: { everyMs: 100 } });
fn.setTopology("flow").to("work", async () => {
  console.log("begun");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  console.log("done");
});
export default fn;
`;

Deno.test("triggers of a served function: SIGTERM ends schedules at once, what they began is finished, none overlaps", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "slow.ts");
  await Deno.writeTextFile(module, SLOW);
  await using server = startServe([module], { env: { LEVADA_STATE: folder.path } });
  await server.wrote(/begun/);
  await server.wrote(/leaves out .*: the event before is not done/);
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
  strictEqual(server.out().match(/begun/g)!.length, server.out().match(/done/g)!.length);
});
