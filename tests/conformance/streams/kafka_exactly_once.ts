/** Exactly once, proved: numbers are exchanged for others by processes that fail now and then, are killed, or stand still until others have their place. */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { openKafka } from "../../../lib/streams/kafka/open_kafka.ts";
import type { Stream } from "../../../lib/streams/stream.ts";
import { type ExchangeTask, fateOf } from "../../support/exchange_child.ts";
import { randomFrom } from "../../support/random.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { SESSION_MS } from "./kafka_lab.ts";

/** How many numbers, and how often what happens. */
export interface ExactlyOnceWish {
  readonly records: number;
  readonly seed: number;
  /** How many processes are killed from outside. */
  readonly kills: number;
  /** How many stand still for longer than their group waits, in the midst of their work, and go on then. */
  readonly stops: number;
  /** How often the broker is killed. */
  readonly outages: number;
}

/** What was counted. */
export interface ExactlyOnceFigures {
  readonly seconds: number;
  readonly kills: number;
  /** Processes that ended by themselves with numbers in hand. */
  readonly deaths: number;
  readonly stops: number;
  readonly outages: number;
  readonly exchanged: number;
  readonly letters: number;
  /** Letters of numbers that fail once in each process. */
  readonly unlucky: number;
  /** How often a number was worked on. */
  readonly callsPerRecord: number;
}

const CHILD = new URL("../../support/exchange_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const WORKERS = 3;
const KEYS = 50;
const STUCK_MS = 120_000;
const MOST_CALLS = 3; // with what is done again after a kill

/** The case of a broker: a fixed seed, `LEVADA_SEED` says another. */
export function kafkaExactlyOnce(broker: BrokerServer): StreamCase[] {
  return [{
    title:
      "4,000 numbers are exchanged exactly once by three processes that fail now and then, are killed, or stand still until others have their place, and a broker that is killed",
    async run() {
      const seed = Number(Deno.env.get("LEVADA_SEED") ?? 20261126);
      const figures = await proveExactlyOnce(broker, { records: 4_000, seed, kills: 3, stops: 3, outages: 1 });
      console.log(`exactly once: LEVADA_SEED=${seed} ${JSON.stringify(figures)}`);
    },
  }];
}

/** Runs the numbers through; fails if one does not come out exactly once. */
export async function proveExactlyOnce(broker: BrokerServer, wish: ExactlyOnceWish): Promise<ExactlyOnceFigures> {
  const name = `kafka://${broker.address}/once-${crypto.randomUUID()}`;
  const [from, to] = [`${name}-in?partitions=4`, `${name}-out?partitions=4`];
  await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
  await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
  await using letters = await openKafka<number>(deadLetterPath(from), { sessionMs: SESSION_MS });
  const random = randomFrom(wish.seed);
  const calls = await Deno.makeTempFile({ prefix: "levada-calls-" });
  const task: ExchangeTask = { from, to, sessionMs: SESSION_MS, deadly: 2_000, flaky: 0.05, calls };
  const begin = performance.now();
  const workers = Array.from({ length: WORKERS }, () => new Worker(task));
  const counts = { kills: 0, stops: 0, outages: 0 };
  const numbers = Array.from({ length: wish.records }, (_, n) => n);
  const publishing = (async () => {
    for (let at = 0; at < wish.records; at += 50) {
      await input.publish(numbers.slice(at, at + 50).map((n) => ({ body: n, key: `key ${n % KEYS}` })));
      await pause(5);
    }
  })();
  const blows = [
    ...Array.from({ length: wish.kills }, () => "kill" as const),
    ...Array.from({ length: wish.stops }, () => "stop" as const),
    ...Array.from({ length: wish.outages }, () => "outage" as const),
  ].map((blow) => ({ blow, dice: random() })).sort((one, other) => one.dice - other.dice);
  for (const { blow, dice } of blows) {
    await pause(300 + random() * 1_500);
    const worker = workers[Math.floor(dice * WORKERS)]!;
    if (blow === "outage") {
      await broker.kill();
      await pause(500 + random() * 1_500);
      await broker.up();
      counts.outages += 1;
    } else if (blow === "kill") counts.kills += Number(worker.signal("SIGKILL"));
    else if (worker.signal("SIGSTOP")) {
      counts.stops += 1;
      await pause(2 * SESSION_MS + random() * 1_000);
      worker.signal("SIGCONT");
    }
  }
  await publishing;
  let lastLag = -1;
  let lastAt = performance.now();
  for (let lag = await input.lag("g"); lag > 0; lag = await input.lag("g")) {
    if (lag !== lastLag) [lastLag, lastAt] = [lag, performance.now()];
    ok(
      performance.now() - lastAt < STUCK_MS,
      `stuck with ${lag} records:\n${workers.map(({ said }) => said).join("\n")}`,
    );
    await pause(50);
  }
  const seconds = (performance.now() - begin) / 1_000;
  await pause(2 * SESSION_MS); // whoever still believes to be in the group would publish by then
  await Promise.all(workers.map((worker) => worker.end()));
  const [out, buried] = [await bodiesOf(output), await bodiesOf(letters)];
  const unlucky = new Set(buried.filter((n) => fateOf(n) === "fails once")); // in a new process each time
  const expected = numbers.flatMap((n) => {
    const fate = fateOf(n);
    if (fate === "three") return [n, n + 0.25, n + 0.5];
    return fate === "one" || (fate === "fails once" && !unlucky.has(n)) ? [n] : [];
  });
  deepStrictEqual(out, expected, "each number comes out exactly once");
  const given = numbers.filter((n) => fateOf(n) === "fails" || fateOf(n) === "is refused" || unlucky.has(n));
  deepStrictEqual(buried, given, "each that cannot go on is one dead letter");
  deepStrictEqual(await outOfOrder(output), [], "the numbers of a key come out in order");
  strictEqual(await input.lag("g"), 0);
  const callsPerRecord = (await Deno.stat(calls)).size / wish.records;
  await Deno.remove(calls);
  ok(
    callsPerRecord <= MOST_CALLS,
    `each was worked on ${callsPerRecord} times: nobody is to pay for another's failure`,
  );
  const deaths = workers.reduce((sum, { deaths }) => sum + deaths, 0);
  const ends = { exchanged: expected.length, letters: buried.length, unlucky: unlucky.size };
  return { seconds, ...counts, deaths, ...ends, callsPerRecord };
}

async function bodiesOf(stream: Stream<number>): Promise<number[]> {
  const records = await Array.fromAsync(stream.look("nobody"));
  return records.map(({ body }) => body).sort((one, other) => one - other);
}

async function outOfOrder(stream: Stream<number>): Promise<number[]> {
  const newest = new Map<string, number>();
  const wrong: number[] = [];
  for await (const { body, key = "" } of stream.look("nobody")) {
    if (body < (newest.get(key) ?? -1)) wrong.push(body);
    newest.set(key, body);
  }
  return wrong;
}

/** A process that is there again whenever it has ended. */
class Worker {
  deaths = 0;
  said = "";
  readonly #task: ExchangeTask;
  #process: Deno.ChildProcess | undefined;
  #isKilled = false;
  #isOver = false;
  readonly #living: Promise<void>;

  constructor(task: ExchangeTask) {
    this.#task = task;
    this.#living = this.#live();
  }

  /** Tells whether there was a process. */
  signal(signal: Deno.Signal): boolean {
    if (this.#process === undefined) return false;
    try {
      this.#process.kill(signal);
    } catch {
      return false; // it has just ended by itself
    }
    this.#isKilled ||= signal === "SIGKILL";
    return true;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.signal("SIGTERM");
    await this.#living;
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      const args = ["run", "--config", CONFIG, "--quiet", "-A", CHILD, JSON.stringify(this.#task)];
      const process = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" }).spawn();
      this.#process = process;
      this.#isKilled = false;
      const reading = (async () => {
        for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) {
          this.said = (this.said + text).slice(-2_000);
        }
      })();
      await process.status;
      this.#process = undefined;
      await reading;
      if (!this.#isKilled && !this.#isOver) this.deaths += 1;
    }
  }
}
