import { deepStrictEqual, rejects } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { Host, type HostOptions } from "../../../../../lib/models/host/host.ts";
import type { ModelHome } from "../../../../../lib/models/host/message.ts";
import { openWorker, processes } from "../../../../../lib/models/host/place.ts";
import { SYSTEM_CLOCK } from "../../../../../lib/flow/system_clock.ts";
import { homeOf, hostContext } from "../../../../support/fake_places.ts";
import { openFakeHost } from "../../../../support/fake_hosts.ts";

Deno.test("Host tells the model when the caller leaves, and goes on to wait for its answer", async () => {
  const { host, place, leaving, ask, orders } = await openFakeHost();
  const asked = rejects(ask(), { name: "AbortError" });
  leaving.abort();
  await asked;
  deepStrictEqual([orders(), host.inFlight], [["open m", "ask 1", "abort 1"], 1]);
  place.report({ kind: "answered", ask: 1, answer: { as: "data", value: 1 } });
  await host.idle();
  deepStrictEqual(host.inFlight, 0);
});

Deno.test("Host ends a place whose model is not loaded after ten minutes", async () => {
  const { clock, loading, orders } = await openFakeHost({ loads: () => false });
  const failed = rejects(loading, { status: 503, message: /its model "m" was not loaded after 600000 ms/ });
  await clock.advance(599_999);
  deepStrictEqual(orders(), ["open m"]);
  await clock.advance(1);
  await failed;
  deepStrictEqual(orders(), ["kill"]);
});

const HOME = homeOf("m");

function realHost(open: HostOptions["open"], rest: Partial<ModelHome> = {}) {
  const host = new Host({ clock: SYSTEM_CLOCK, what: "worker", open, memoryLimitMb: 64 });
  const module = new URL("../../../../support/hosted_models.ts", import.meta.url).href;
  const home = { ...homeOf("m"), module, exportName: "Moody", ...rest };
  const ask = async (what: string) => {
    await host.load(home, hostContext("m"));
    const event = new FlowEvent({ inputs: [what] }, { method: "POST" });
    return await host.ask(home, { operation: "infer", event, context: hostContext("m") });
  };
  return { host, ask };
}

/** Waits until nothing is left of a place, which keeps no program running by itself. */
async function untilGone({ gone }: Host): Promise<void> {
  const running = setInterval(() => {}, 1_000);
  await gone;
  clearInterval(running);
}

const BATCHING = { batching: { maxRows: 8, maxDelayMs: 1 } };

for (const [what, args] of [["loop", {}], ["loop", BATCHING], ["heap", {}]] as const) {
  const name = what + (args === BATCHING ? " in a batch" : "");
  Deno.test(`Host ends a worker that does not answer at the time limit of its request, and nothing is left of it: ${name}`, async () => {
    const { host, ask } = realHost(openWorker, { timeLimitMs: 1_500, args });
    await rejects(ask(what), { status: 504 });
    await untilGone(host);
  });
}

Deno.test("Host leaves nothing of a worker or a process that is closed, or that exits", async () => {
  for (const open of [openWorker, processes(HOME)]) {
    const closed = realHost(open);
    await closed.ask("asked");
    await closed.host.close(5_000);
    await untilGone(closed.host);
    const exits = realHost(open);
    await rejects(exits.ask("exit"), { status: 500, message: /code 3/ });
    await untilGone(exits.host);
  }
});
