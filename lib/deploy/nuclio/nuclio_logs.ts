import type { LogReading } from "../deployment.ts";
import type { DashboardClient } from "./dashboard_client.ts";

/** Whose logs are read, and what stands in front of its lines. */
export interface ReadLog {
  /** The function's name at the dashboard. */
  readonly name: string;
  readonly prefix: string;
}

const LONGEST_LINE = 1024 * 1024;

/** What the pods of functions have written, line by line; with `follow` also what they write from now on, of all at once. */
export async function* logsOf(
  client: DashboardClient,
  functions: readonly ReadLog[],
  { follow = false, lines, signal }: LogReading,
): AsyncGenerator<string> {
  const logs = (await Promise.all(functions.map(async ({ name, prefix }) => {
    const replicas = await client.replicas(name, signal);
    return replicas.map((replica) => ({ name, replica, prefix }));
  }))).flat();
  const stop = new AbortController();
  const until = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const read = async function* ({ name, replica, prefix }: typeof logs[number]) {
    const response = await client.log(name, replica, { lines, follow, signal: until });
    if (follow || lines === undefined) {
      for await (const line of linesOf(response)) yield `${prefix}${line}`;
      return;
    }
    const last: string[] = []; // a container that is started anew has its lines in another count
    for await (const line of linesOf(response)) {
      last.push(`${prefix}${line}`);
      if (last.length > lines) last.shift();
    }
    yield* last;
  };
  try {
    if (follow) yield* merged(logs.map(read));
    else for (const log of logs) yield* read(log);
  } catch (error) {
    if (signal?.aborted !== true) throw error; // who stops reading is told of no failure
  } finally {
    stop.abort();
  }
}

async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) {
      lines.push(rest);
      rest = "";
    }
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The values of several, as each has one. */
async function* merged<Value>(sources: readonly AsyncGenerator<Value>[]): AsyncGenerator<Value> {
  const next = async (source: AsyncGenerator<Value>) => ({ source, result: await source.next() });
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values());
    if (result.done) {
      waiting.delete(source);
      continue;
    }
    waiting.set(source, next(source));
    yield result.value;
  }
}
