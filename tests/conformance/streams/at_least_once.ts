/** At least once, proved: numbers go through three functions in processes of their own while these, then the broker, are killed. */

import { deepStrictEqual, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { Stream } from "../../../lib/streams/stream.ts";
import { withDeployLab } from "../../support/deployed.ts";
import { randomFrom } from "../../support/random.ts";
import { Arrivals } from "./arrivals.ts";
import { LineDeployment, WORKERS } from "./line_deployment.ts";
import { AT_ONCE, fateOf, linePath, type Numbered, STREAMS } from "./number_line.ts";

/** Where the numbers go. */
export interface LineKit {
  /** The beginning of the paths of the line's streams. */
  readonly line: string;
  /** Opens a stream in this process; `state` is the folder of the deployment. */
  open<Body>(path: string, state: string): Promise<Stream<Body>>;
  /** What keeps the streams, where that is a process of its own. */
  readonly server?:
    | { kill(): Promise<void>; up(): Promise<void>; signal(signal: Deno.Signal): Promise<void> }
    | undefined;
}

/** How many numbers, and how they are disturbed. */
export interface LineWish {
  readonly records: number;
  readonly seed: number;
  /** How many workers are killed. */
  readonly kills: number;
  /** How often the broker is killed and started again; where there is none, the supervisor. */
  readonly outages: number;
}

/** What was counted. */
export interface LineFigures {
  readonly seconds: number;
  /** Workers that were killed, by function. */
  readonly killed: Readonly<Record<string, number>>;
  readonly outages: number;
  /** Lines that say that a number arrived which had arrived before. */
  readonly duplicates: number;
  /** How many there may be. */
  readonly mostDuplicates: number;
  /** Of those that could not go on: how many there were, and how many letters more than those. */
  readonly letters: number;
  readonly letterDuplicates: number;
}

interface Blow {
  /** When so many numbers have arrived, */
  readonly at: number;
  /** and so much later, */
  readonly afterMs: number;
  /** a worker of this function is killed, or the broker. */
  readonly target: keyof typeof STREAMS | "broker";
  readonly dice: number;
}

const KEYS = 50;
const BATCH = 50;
const STUCK_MS = 120_000; // nothing has arrived for so long, though the line runs
const FUNCTIONS = Object.keys(STREAMS) as (keyof typeof STREAMS)[];
/**
 * What a killed worker leaves to come twice, at most: a batch that the next stream has and the worker does not know of yet, and two
 * deliveries that are done and not acknowledged yet. What waits in its steps and queues has gone nowhere.
 */
const IN_HAND = 3 * AT_ONCE;

/** Runs the numbers through the line; fails if one does not arrive, or as it should not. */
export async function proveAtLeastOnce(kit: LineKit, wish: LineWish): Promise<LineFigures> {
  let figures: LineFigures | undefined;
  await withDeployLab(async (lab) => {
    const line = new LineDeployment(lab, kit.line);
    await line.start();
    const begin = performance.now();
    const open = <Body>(path: string) => kit.open<Body>(path, lab.state);
    const arrivals = new Arrivals(line.sink);
    const killed: Record<string, number> = {};
    let outages = 0;
    let outage = Promise.resolve();

    async function strike({ target, afterMs, dice }: Blow): Promise<void> {
      await pause(afterMs);
      if (target !== "broker") {
        if (await line.killWorker(target, dice) !== undefined) killed[target] = (killed[target] ?? 0) + 1;
        return;
      }
      outages += 1;
      const before = outage;
      outage = (async () => {
        await before;
        if (kit.server === undefined) {
          line.killSupervisor();
          return await line.start();
        }
        await kit.server.kill();
        await pause(500 + dice * 2_000);
        await kit.server.up();
      })();
      await outage;
    }

    const expected = Array.from({ length: wish.records }, (_, n) => n).filter((n) => fateOf(n) === "goes on");
    const blows = plan(wish);
    const striking: Promise<void>[] = [];
    let published = 0;
    let stopped: unknown;
    const publishing = (async () => {
      await using stream = await open<Numbered>(linePath(kit.line, STREAMS.take));
      for (; published < wish.records && stopped === undefined; published += BATCH) {
        while (published - arrivals.count > 2_000 && stopped === undefined) await pause(10);
        const numbers = Array.from({ length: Math.min(BATCH, wish.records - published) }, (_, at) => published + at);
        await stream.publish(numbers.map((n) => ({ body: { n }, key: keyOf(n) })));
      }
    })().catch((error) => stopped ??= error);
    let lastCount = -1;
    let lastAt = performance.now();
    while (arrivals.count < expected.length) {
      await pause(20);
      await arrivals.look();
      while (blows[0] !== undefined && blows[0].at <= arrivals.count) {
        striking.push(strike(blows.shift()!).catch((error) => stopped ??= error));
      }
      if (arrivals.count !== lastCount) [lastCount, lastAt] = [arrivals.count, performance.now()];
      if (performance.now() - lastAt > STUCK_MS) stopped ??= new Error(`Stuck at ${lastCount} of ${expected.length}`);
      if (stopped !== undefined) {
        console.log(`${await line.describe()}\npublished: ${published}`);
        for (const [name, lag] of await lags(open, kit.line)) console.log(`${name} is ${lag} records behind`);
        throw stopped;
      }
    }
    await Promise.all([publishing, ...striking]);
    const letters = await readLetters(open, kit.line, wish.records);
    while ([...(await lags(open, kit.line)).values()].some((lag) => lag > 0)) await pause(50);
    await arrivals.look();
    const seconds = (performance.now() - begin) / 1_000;

    deepStrictEqual(arrivals.numbers(), expected, "every number arrives, and no other");
    deepStrictEqual(arrivals.wrongKeys(keyOf), [], "each has its key");
    deepStrictEqual(arrivals.outOfOrder(), [], "the numbers of a key arrive in order");
    const kills = Object.values(killed).reduce((sum, count) => sum + count, 0);
    ok(kills > 0 || wish.kills === 0, "some workers were killed");
    const ended = kit.server === undefined ? outages * FUNCTIONS.length * WORKERS : 0; // workers end with their supervisor
    const mostDuplicates = (kills + ended) * IN_HAND + await line.unsettled();
    ok(arrivals.duplicates <= mostDuplicates, `${arrivals.duplicates} duplicates, ${mostDuplicates} at most`);
    figures = {
      seconds,
      killed,
      outages,
      duplicates: arrivals.duplicates,
      mostDuplicates,
      letters: letters.size,
      letterDuplicates: [...letters.values()].reduce((sum, count) => sum + count - 1, 0),
    };
  });
  return figures!;
}

/** Workers first, then the broker, and in the end one worker while the broker is away. */
function plan({ records, seed, kills, outages }: LineWish): Blow[] {
  const random = randomFrom(seed);
  const blow = (from: number, to: number, target: Blow["target"]): Blow => ({
    at: Math.floor((from + random() * (to - from)) * records),
    afterMs: Math.floor(random() * 500),
    target,
    dice: random(),
  });
  const blows = [
    ...Array.from({ length: kills - 1 }, (_, index) => blow(0.02, 0.6, FUNCTIONS[index % FUNCTIONS.length]!)),
    ...Array.from({ length: outages }, () => blow(0.6, 0.9, "broker")),
  ].sort((one, other) => one.at - other.at);
  return [...blows, { ...blows.at(-1)!, target: FUNCTIONS[Math.floor(random() * FUNCTIONS.length)]! }];
}

/** The numbers that could not go on, and how often each is told; each has its error and the step. */
async function readLetters(open: <Body>(path: string) => Promise<Stream<Body>>, line: string, records: number) {
  const counts = new Map<number, number>();
  const wrong: unknown[] = [];
  const expected = Array.from({ length: records }, (_, n) => n).filter((n) => fateOf(n) !== "goes on");
  await using stream = await open<Numbered>(deadLetterPath(linePath(line, STREAMS.enrich)));
  const subscription = await stream.subscribe({ group: "proof" });
  while (counts.size < expected.length || await stream.lag("proof") > 0) {
    const { value: delivery } = await subscription.next();
    for (const { body: { n }, key, error } of delivery ?? []) {
      const wished = fateOf(n) === "fails"
        ? { name: "RangeError", message: `${n} cannot be enriched`, step: "enrich" }
        : { name: "StatusError", message: `${n} is not wanted`, step: "enrich" };
      const isRight = key === keyOf(n) &&
        Object.entries(wished).every(([name, value]) => error?.[name as keyof typeof wished] === value);
      if (!isRight) wrong.push([n, key, error]);
      counts.set(n, (counts.get(n) ?? 0) + 1);
    }
    await delivery?.ack();
  }
  deepStrictEqual(wrong, [], "each letter says its error and step");
  deepStrictEqual([...counts.keys()].sort((one, other) => one - other), expected, "exactly those that cannot go on");
  return counts;
}

/** How many records each function has not acknowledged. */
async function lags(open: <Body>(path: string) => Promise<Stream<Body>>, line: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const name of FUNCTIONS) {
    await using stream = await open(linePath(line, STREAMS[name]));
    counts.set(name, await stream.lag(`line-${name}`));
  }
  return counts;
}

function keyOf(n: number): string {
  return `key ${n % KEYS}`;
}
