/** Who is answered by a served function without a responder may forget the event: real processes, a full stream, SIGKILL. */

import { deepStrictEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import type { Subscription } from "../../lib/streams/stream.ts";
import { startServe } from "../support/serve_process.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const CAPACITY = 20;
const CONCURRENT = 24;
const QUEUED = 4;
const CALLERS = 64;
const ANSWERS = 600; // where nobody is held back, so many are answered

const SHOP = `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("work");
fn.setTopology("flow").to("take", (order: { n: number }) => order)
  .to("orders", queue({ path: "local://orders?partitions=1&capacity=${CAPACITY}" }))
  .to("price", (order) => order, { function: "work" })
  .to("done", queue({ path: "local://done" }));
export default fn;
`;

/** Reads as the function behind the queue does, and acknowledges; gives the ids. */
async function work(subscription: Subscription, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value: delivery } = await subscription.next();
    ids.push(...delivery!.records.map(({ id }) => id));
    await delivery!.ack();
  }
  return ids;
}

Deno.test("a served function that is killed under load, its stream full, has lost no event that it answered 200; too many callers are told 503", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "shop.ts");
  await Deno.writeTextFile(module, SHOP);
  const path = `local://orders?partitions=1&capacity=${CAPACITY}`;
  await using stream = await openLocal<{ n: number }>(path, { folder: join(folder.path, "streams") });
  const subscription = await stream.subscribe({ group: "shop-work", maxRecords: 5 });
  const words = ["maxConcurrent", "maxConcurrentPerModel"].map((name) => `--limit=${name}=${CONCURRENT}`);
  const queued = ["maxQueued", "maxQueuedPerModel"].map((name) => `--limit=${name}=${QUEUED}`);
  const slow = "--limit=queueTimeoutMs=600000"; // who waits for a turn waits: 503 is for those beyond
  await using shop = startServe([module, "--function", "shop", ...words, ...queued, slow], {
    env: { LEVADA_STATE: folder.path },
  });
  const url = await shop.url;
  const answered: string[] = [];
  const statuses = new Map<number, number>();
  let sent = 0;
  let isFull = false;
  let isOver = false;

  async function call(): Promise<void> {
    while (!isOver && answered.length < ANSWERS) {
      const id = `e${sent++}`;
      const headers = { "content-type": "application/json", "mlrun-event-id": id };
      try {
        const response = await fetch(url, { method: "POST", body: `{"n":${sent}}`, headers });
        await response.body?.cancel();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        if (response.status === 200) answered.push(id);
        else if (isFull) isOver = true; // as many wait as may
        else await pause(20);
      } catch { /* it was killed */ }
    }
  }

  const worked: string[] = [];
  const early = work(subscription, 2 * CAPACITY).then((ids) => worked.push(...ids)); // then it stands still
  const calls = Array.from({ length: CALLERS }, call);
  await early;
  while (await stream.lag("shop-work") < CAPACITY) await pause(5);
  isFull = true;
  await Promise.race(calls); // one ends
  shop.kill("SIGKILL");
  await Promise.all(calls);
  await shop.code;
  console.log(`stored before answered: ${JSON.stringify({ sent, statuses: Object.fromEntries(statuses) })}`);

  worked.push(...await work(subscription, await stream.lag("shop-work")));
  const kept = new Set(worked);
  deepStrictEqual(answered.filter((id) => !kept.has(id)), []);
  ok(answered.length > CAPACITY, `${answered.length} were answered`);
  deepStrictEqual([...statuses.keys()].sort(), [200, 503]);
  await subscription.close();
});
