import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { GroupMember } from "../../../../../lib/streams/leased/group_member.ts";
import { MACHINE_CLOCK } from "../../../../../lib/streams/stream_clock.ts";
import { planSubscription } from "../../../../../lib/streams/subscribe_options.ts";
import { KeptBroker, KeptLog } from "../../../../support/kept_log.ts";

/** A broker that keeps the place of a group in a partition when a test says so. */
class GatedLog extends KeptLog {
  readonly gates: PromiseWithResolvers<void>[] = [];
  isGated = false;

  override async writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined> {
    if (this.isGated && name === "0") {
      const gate = Promise.withResolvers<void>();
      this.gates.push(gate);
      await gate.promise;
    }
    return await super.writeDocument(group, name, text, over);
  }
}

async function join() {
  const log = new GatedLog(new KeptBroker(1, () => 0));
  const plan = planSubscription("kept://lab", { group: "g" });
  const member = new GroupMember({ log, clock: MACHINE_CLOCK, plan, sessionMs: 60_000 }, () => {});
  await member.join();
  log.isGated = true;
  return { log, member, cursor: member.cursors.get(0)! };
}

async function untilWritings(log: GatedLog, count: number): Promise<void> {
  while (log.gates.length < count) await turn();
}

Deno.test("save() resolves with its own writing, however often others ask meanwhile; those share the next", async () => {
  const { log, member, cursor } = await join();
  const told: string[] = [];
  void member.save(cursor).then(() => told.push("first"));
  await untilWritings(log, 1);
  for (const name of ["second", "third"]) void member.save(cursor).then(() => told.push(name));
  log.gates[0]!.resolve();
  await untilWritings(log, 2);
  deepStrictEqual(told, ["first"]);
  const fourth = member.save(cursor);
  log.gates[1]!.resolve();
  await untilWritings(log, 3);
  deepStrictEqual(told, ["first", "second", "third"]);
  log.gates[2]!.resolve();
  await fourth;
  strictEqual(log.gates.length, 3);
  log.isGated = false;
  await member.leave();
});

Deno.test("save() tells those who asked for a writing that fails, and writes again for who asks later", async () => {
  const { log, member, cursor } = await join();
  const failing = member.save(cursor);
  await untilWritings(log, 1);
  const next = member.save(cursor);
  log.gates[0]!.reject(new Error("the line is down"));
  await rejects(failing, /the line is down/);
  await untilWritings(log, 2);
  log.gates[1]!.resolve();
  await next;
  log.isGated = false;
  await member.leave();
});
