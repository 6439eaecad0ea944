/** Runners in processes of their own, asked in turns: what their processors work for a request, which other programs disturb less than a clock. */

import { deepStrictEqual } from "node:assert/strict";
import { Asker } from "../../support/asker.ts";

/** What a process did with so many requests. */
export interface Run {
  /** What shows that all of it was right. */
  readonly proof: unknown;
  /** What all of its threads worked, in microseconds. */
  readonly cpuUs: number;
}

/** A program that answers each line, a number of requests, by a `Run`. */
export interface Runner {
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** How many in a round. */
  readonly requests: number;
  readonly proof: unknown;
}

export interface ProcessGroup {
  readonly title: string;
  /** By name; the first is what the others are compared with. */
  readonly runners: Readonly<Record<string, Runner>>;
}

/** What a request cost in microseconds, round by round. */
export interface ProcessRow {
  readonly group: string;
  readonly name: string;
  readonly costs: readonly number[];
}

const ROUNDS = 25;
const WARMUP = 4; // until V8 has compiled what is busy
const ROOT = new URL("../../../", import.meta.url).pathname;

/** Proves each runner's answers, in every round, and tells what they cost. */
export async function timeProcesses({ title, runners }: ProcessGroup): Promise<ProcessRow[]> {
  const members = Object.entries(runners).map(([name, { script, args, env = {}, ...runner }]) => {
    const command = ["run", "-A", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`, script, ...args];
    return { name, ...runner, asker: new Asker(Deno.execPath(), command, { env }), costs: [] as number[] };
  });
  try {
    for (let round = -WARMUP; round < ROUNDS; round++) {
      for (const { name, requests, proof, asker, costs } of members) {
        const run: Run = JSON.parse(await asker.ask(String(requests)));
        deepStrictEqual(run.proof, proof, name);
        if (round >= 0) costs.push(run.cpuUs / requests);
      }
    }
  } finally {
    for (const { asker } of members) asker.close();
  }
  return members.map(({ name, costs }) => ({ group: title, name, costs }));
}
