/** A broker that is away while a served function reads it: told soon, as long as it is so, and no longer. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openStream, serving } from "levada";
import { memoryLog } from "../../support/run_graph.ts";
import { LINES } from "./line_cases.ts";

const LOOK_MS = 250;
const LOOKS = 40; // while it is away

interface Told {
  readonly ready: boolean;
  readonly streams?: readonly { readonly act: string; readonly since: string; readonly reason: string }[];
}

/** Kills a broker under a function that is served. */
export async function proveAway(name: string): Promise<void> {
  await using kit = await LINES[name]!();
  const path = `${kit.line}-${crypto.randomUUID()}`;
  await using stream = await openStream<number>(path);
  const seen: number[] = [];
  const fn = serving(`fn-${crypto.randomUUID()}`).addTrigger("numbers", { stream: path });
  fn.setTopology("flow").to("see", (n: number) => void seen.push(n)).respond();
  const log = memoryLog();
  await using server = await fn.serve({ port: 0, log });
  const ready = async () => await (await fetch(new URL("ready", server.url))).json() as Told;
  await stream.publish([{ body: 1 }]);
  while (seen.length === 0) await pause(LOOK_MS);
  deepStrictEqual(await ready(), { ready: true });
  const killedAt = Date.now();
  await kit.server!.kill();
  let told: Told;
  while ((told = await ready()).streams === undefined) await pause(LOOK_MS);
  const [{ act, since, reason }] = told.streams as [NonNullable<Told["streams"]>[number]];
  strictEqual(act, "read");
  match(reason, new RegExp(name, "i"));
  ok(Date.parse(since) >= killedAt - 2_000, `since ${since}`);
  for (let looks = 0; looks < LOOKS; looks++, await pause(LOOK_MS)) {
    ok((await ready()).streams !== undefined, "it is still away");
  }
  await kit.server!.up();
  await stream.publish([{ body: 2 }]);
  while (seen.length < 2) await pause(LOOK_MS);
  while ((await ready()).streams !== undefined) await pause(LOOK_MS);
  const { lines } = log;
  const all = lines.join("\n");
  strictEqual(lines.filter((line) => /^error: Cannot read stream .*waiting for it/.test(line)).length, 1, all);
  strictEqual(lines.filter((line) => /^info: Stream .* is read again$/.test(line)).length, 1, all);
  await proveStill(kit.server!, ready);
}

/** A broker that stands still is told too, soon: it may be some seconds until one is sure. */
async function proveStill(
  server: { signal(signal: Deno.Signal): Promise<void> },
  ready: () => Promise<Told>,
): Promise<void> {
  const stoppedAt = Date.now();
  await server.signal("SIGSTOP");
  try {
    let told: Told;
    while ((told = await ready()).streams === undefined) await pause(LOOK_MS);
    const since = Date.parse(told.streams[0]!.since);
    ok(
      Math.abs(since - stoppedAt) < 10_000,
      `since ${told.streams[0]!.since}, and not ${new Date(stoppedAt).toISOString()}`,
    );
  } finally {
    await server.signal("SIGCONT");
  }
  while ((await ready()).streams !== undefined) await pause(LOOK_MS);
}
