/** Streams at real brokers: ours beside the bare clients, and a function's rate by partitions and processes. */

import { deepStrictEqual, ok } from "node:assert/strict";
import { youngFlags } from "../../../lib/deploy/objects/young_memory.ts";
import { BrokerServer } from "../../conformance/streams/broker_server.ts";
import { Asker } from "../../support/asker.ts";
import { cleanUpAtInterrupt } from "../../support/at_interrupt.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import type { ProcessRow } from "../processes/time_processes.ts";
import type { ClientRound } from "./client_run.ts";
import { type CrewRun, type CrewWish, runCrew } from "./function_crew.ts";

/** The bare clients of each broker. */
const BARE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  redis: { "by npm's redis, in a group": "redis", "by npm's redis, alone": "redis-place" },
  nats: { "by transport-node, each acknowledged": "nats", "by transport-node, one in 400 acknowledged": "nats-all" },
  kafka: { "by @platformatic/kafka": "kafka" },
};
const COSTS = [
  ["publish 100 at once", "publish"],
  ["read and acknowledge", "read"],
  ["from one stream to another", "carry"],
] as const;
const RECORDS = Number(Deno.env.get("LEVADA_BENCH_RECORDS") ?? 20_000);
const BROKERS = Deno.env.get("LEVADA_BENCH_BROKERS")?.split(","); // all where nobody says
const ROUNDS = 5;
const WARMUP = 4; // a function runs for days: what its first seconds cost is no matter
const SIZES = [[1, 1], [4, 1], [4, 2], [4, 4], [1, 2]] as const; // partitions, processes
const CREW_RECORDS = 20_000;
const LONG_RECORDS = 200_000;
const LONG_GOES = 5;
const ALLOWED_GROWTH = 1.2;
/** As the memory of a worker is kept that nothing bounds; bare loops have it too. */
const YOUNG = `--v8-flags=${youngFlags(Infinity)}`;
const ROOT = new URL("../../../", import.meta.url).pathname;

/** Each broker that can be had, and `local://`. */
export async function timeStreams(): Promise<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  await using folder = await temporaryFolder();
  using _interrupted = cleanUpAtInterrupt(() => Deno.remove(folder.path, { recursive: true }));
  const before = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", folder.path);
  try {
    rows.push(...await timeFunction("local", "local://bench"));
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_STATE");
    else Deno.env.set("LEVADA_STATE", before);
  }
  for (const [name, bare] of Object.entries(BARE)) {
    if (BROKERS?.includes(name) === false) continue;
    let server: BrokerServer;
    try {
      server = await BrokerServer.start(name);
    } catch (error) {
      console.error(`Without ${name}: ${(error as Error).message}`);
      continue;
    }
    await using _server = server;
    const address = server.address.includes("://") ? server.address : `${name}://${server.address}`;
    rows.push(...await timeClients(name, { address, bare }));
    rows.push(...await timeFunction(name, `${address}/bench`));
  }
  return rows;
}

/** The same records by bare clients and by ours, in turns. */
async function timeClients(
  broker: string,
  { address, bare }: { address: string; bare: Readonly<Record<string, string>> },
): Promise<ProcessRow[]> {
  const script = new URL("client_run.ts", import.meta.url).pathname;
  const flags = ["run", YOUNG, "-A", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`, script];
  const members = Object.entries({ ...bare, Levada: "levada" }).map(([name, who]) => ({
    name,
    asker: new Asker(Deno.execPath(), [...flags, who, address]),
    rounds: [] as ClientRound[],
  }));
  try {
    for (let round = -WARMUP; round < ROUNDS; round++) {
      for (const { name, asker, rounds } of members) {
        const answer: ClientRound = JSON.parse(await asker.ask(String(RECORDS)));
        deepStrictEqual(answer.arrived, [RECORDS, RECORDS], name);
        if (round >= 0) rounds.push(answer);
        const told = COSTS.map(([, cost]) =>
          `${cost} ${answer[cost].time.toFixed(1)}/${answer[cost].processor.toFixed(1)}`
        );
        console.error(`${broker}, ${name}: µs a record by the clock/processor: ${told.join(", ")}`);
      }
    }
  } finally {
    for (const { asker } of members) asker.close();
  }
  return COSTS.flatMap(([act, name]) =>
    (["time", "processor"] as const).flatMap((what) =>
      members.map((member) => ({
        group: `1 KB by ${broker}, ${act}: ${what} a record`,
        name: member.name,
        costs: member.rounds.map((round) => round[name][what]),
      }))
    )
  );
}

/** A function's rate; that all processes had a share, that everything came out once, and that memory stayed. */
async function timeFunction(broker: string, place: string): Promise<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  for (const [partitions, workers] of SIZES) {
    const run = await proven({ place, partitions, workers, records: CREW_RECORDS });
    rows.push({
      group: `${CREW_RECORDS} events through a function, ${broker}`,
      name: `${partitions} ${partitions === 1 ? "partition" : "partitions"}, ${workers} ${
        workers === 1 ? "process" : "processes"
      }`,
      costs: [run.seconds * 1e6],
    });
    console.error(
      `${broker} ${partitions} × ${workers}: ${Math.round(CREW_RECORDS / run.seconds)} a second, ${run.shares}`,
    );
    const idle = run.shares.filter((share) => share === 0).length;
    deepStrictEqual(idle, Math.max(0, workers - partitions), "every process that can have a share has one");
  }
  const { residentBytes } = await proven({ place, partitions: 4, workers: 1, records: LONG_RECORDS, goes: LONG_GOES });
  const megabytes = residentBytes.map((bytes) => Math.round(bytes / 1e6));
  console.error(`${broker}: resident after each ${LONG_RECORDS / LONG_GOES}: ${megabytes.join(", ")} MB`);
  ok(residentBytes.at(-1)! < residentBytes[1]! * ALLOWED_GROWTH, `memory grows: ${megabytes} MB`);
  return rows;
}

async function proven(wish: CrewWish): Promise<CrewRun> {
  const run = await runCrew(wish);
  deepStrictEqual(run.arrived, wish.records, "each comes out");
  return run;
}
