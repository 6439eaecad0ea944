import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { FileTickKeeper, readTicks } from "../../lib/triggers/tick_keeper.ts";
import type { TimesStatus } from "../../lib/deploy/process/trigger_status.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { withDeployLab } from "../support/deployed.ts";
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
  const [last, next] = [0, 250].map((ms) => new Date(Date.parse(kept.last) - 600_000 + ms).toISOString());
  await new FileTickKeeper(join(state, "schedules")).change(
    { group: "shop", name: "count" },
    () => Promise.resolve({ ...kept, last: last!, next }),
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
  await server.wrote(/^begun$/m); // the step itself, not a word about it
  await server.wrote(/leaves out .*: the event before is not done/);
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
  strictEqual(server.out().match(/begun/g)!.length, server.out().match(/done/g)!.length);
});

const counting = (version: number) =>
  `import { type FlowEvent, queue, serving } from "levada";
const fn = serving("counting").addChildFunction("keeper")
  .addTrigger("orders", { stream: "local://orders" })
  .addTrigger("count", { schedule: { everyMs: 200 }, overlap: "allow" });
fn.setTopology("flow")
  .to("see", ({ id, body }: FlowEvent) => ({ id, body, version: ${version} }), { fullEvent: true })
  .to("q", queue()).to("pass", (body: object) => body, { function: "keeper" })
  .to("seen", queue({ path: "local://seen" }));
export default fn;
`;

Deno.test("triggers of a deployed function: no time is lost or comes twice when a revision replaces another; status tells; delete forgets", async () => {
  await withDeployLab(async (lab) => {
    await lab.bundle(counting(2));
    const deployment = await lab.deploy(counting(1), { workers: 2 });
    await using orders = await openLocal<unknown>("local://orders", { folder: join(lab.state, "streams") });
    await orders.publish([{ id: "order", body: 1 }]);
    const times: number[] = [];
    const versions = new Map<number, number>();
    let replacing: Promise<unknown> | undefined;
    let hasOrder = false;
    let goal: TimesStatus | undefined; // what had been published when enough was seen
    const upToGoal = () => times.filter((time) => time <= Date.parse(goal!.last!));
    for await (const { id, version } of seenIn(lab.state) as AsyncGenerator<Seen & { version: number }>) {
      hasOrder ||= id === "order";
      if (id === "order") continue;
      times.push(Date.parse(id.slice("count@".length)));
      versions.set(version, (versions.get(version) ?? 0) + 1);
      if (times.length >= 5) replacing ??= lab.deploy(counting(2), { workers: 2 });
      if ((versions.get(2) ?? 0) >= 5 && hasOrder) goal ??= (await deployment.status()).triggers[1]!.times!;
      if (goal !== undefined && (upToGoal().length >= goal.fired || times.length > goal.fired + 100)) break;
    }
    await replacing;
    strictEqual(upToGoal().length, goal!.fired, "none is lost");
    deepStrictEqual([...new Set(times)], times, "none comes twice");
    const { triggers: [stream, schedule] } = await deployment.status();
    deepStrictEqual([stream!.detail, schedule!.detail], ["local://orders", "every 200 ms"]);
    strictEqual(Date.parse(schedule!.times!.next!) % 200, 0);
    match(
      (await lab.levada("status", "counting")).out,
      /\n {2}trigger count: every 200 ms, next .*, last .*, \d+ events/,
    );
    await deployment.delete();
    deepStrictEqual(await readTicks(join(lab.state, "schedules"), { group: "counting", name: "count" }), undefined);
  });
});
