import process from "node:process";
import type { Run } from "./time_processes.ts";

/** One run: the work that is timed gives what shows, afterwards and untimed, that it was right. */
export type Work = (requests: number) => Promise<() => unknown>;

/** Answers each line of the input, a number of requests, by what they cost. */
export async function answerLines(work: Work): Promise<void> {
  for await (const lines of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    for (const line of lines.trim().split("\n")) {
      const before = process.cpuUsage();
      const prove = await work(Number(line));
      const { user, system } = process.cpuUsage(before);
      console.log(JSON.stringify({ proof: await prove(), cpuUs: user + system } satisfies Run));
    }
  }
}
