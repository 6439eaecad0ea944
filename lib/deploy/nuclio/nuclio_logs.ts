import type { LogReading } from "../deployment.ts";
import type { DashboardClient } from "./dashboard_client.ts";
import { DashboardError } from "./dashboard_error.ts";
import { pause } from "./pace.ts";

/** Whose logs are read, and what stands in front of its lines. */
export interface ReadLog {
  /** The function's name at the dashboard. */
  readonly name: string;
  readonly prefix: string;
}

interface Reading {
  readonly lines: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const LONGEST_LINE = 1024 * 1024;
const LOOK_MS = 2_000;

/**
 * What the pods of functions have written, line by line; with `follow` also what they write from now on, of all at once, and of pods that come
 * later, as long as the functions are there.
 */
export async function* logsOf(
  client: DashboardClient,
  functions: readonly ReadLog[],
  { follow = false, lines, signal }: LogReading,
  lookMs = LOOK_MS,
): AsyncGenerator<string> {
  try {
    if (follow) yield* followed(client, functions, { lines, signal, lookMs });
    else {
      for (const { name, prefix } of functions) {
        for (const replica of await client.replicas(name, signal)) {
          const response = await client.log(name, replica, { lines, signal });
          for await (const line of last(linesOf(response), lines)) yield `${prefix}${line}`;
        }
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error; // who stops reading is told of no failure
  }
}

async function* followed(
  client: DashboardClient,
  functions: readonly ReadLog[],
  { lines, signal, lookMs }: Reading & { readonly lookMs: number },
): AsyncGenerator<string> {
  const stop = new AbortController();
  const until = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const seen = new Set<string>();
  const waiting = new Map<AsyncGenerator<string>, Promise<Turn>>();
  const next = (source: AsyncGenerator<string>) =>
    waiting.set(source, source.next().then((result) => ({ source, result })));
  const look = async (): Promise<Turn> => {
    const looks = await Promise.all(functions.map((fn) => newReplicas(client, fn, { seen, signal: until })));
    for (const { name, prefix, replica } of looks.flatMap((one) => one ?? [])) {
      const response = await opened(client.log(name, replica, { lines, follow: true, signal: until }));
      if (response === undefined) continue; // its container has not begun
      seen.add(`${name}/${replica}`);
      next(prefixed(linesOf(response), prefix));
    }
    return looks.every((one) => one === undefined) ? { isOver: true } : {};
  };
  let looking: Promise<Turn> | undefined = look();
  try {
    while (looking !== undefined || waiting.size > 0) {
      const turn: Turn = await Promise.race([...waiting.values(), ...looking === undefined ? [] : [looking]]);
      if (turn.source === undefined) {
        looking = turn.isOver ? undefined : pause(lookMs, until).then(look);
      } else if (turn.result.done) waiting.delete(turn.source);
      else {
        next(turn.source);
        yield turn.result.value;
      }
    }
  } finally {
    stop.abort();
    await Promise.allSettled([...waiting.values(), looking]); // what was begun for the next turn is nobody's
  }
}

type Turn =
  | { readonly source: AsyncGenerator<string>; readonly result: IteratorResult<string> }
  /** Nothing of a log: it was looked for pods. `isOver`: there are no functions. */
  | { readonly source?: undefined; readonly isOver?: boolean };

/** Pods that nobody reads yet; undefined where the function is gone. */
async function newReplicas(
  client: DashboardClient,
  { name, prefix }: ReadLog,
  { seen, signal }: { readonly seen: ReadonlySet<string>; readonly signal: AbortSignal },
) {
  try {
    const replicas = await client.replicas(name, signal);
    return replicas.filter((one) => !seen.has(`${name}/${one}`)).map((replica) => ({ name, prefix, replica }));
  } catch (error) {
    if (!(error instanceof DashboardError)) throw error;
    if (error.status === 404) return undefined;
    if (error.status >= 500) return []; // it has much to do
    throw error;
  }
}

/** A log; undefined where the dashboard has none yet. */
async function opened(asking: Promise<Response>): Promise<Response | undefined> {
  try {
    return await asking;
  } catch (error) {
    const isEarly = error instanceof DashboardError && ![0, 401, 403].includes(error.status);
    if (isEarly) return undefined;
    throw error;
  }
}

/** The last of them; a container that is started anew has its lines in another count. */
async function* last(all: AsyncGenerator<string>, count: number | undefined): AsyncGenerator<string> {
  if (count === undefined) return yield* all;
  const kept: string[] = [];
  for await (const line of all) {
    kept.push(line);
    if (kept.length > count) kept.shift();
  }
  yield* kept;
}

async function* prefixed(all: AsyncGenerator<string>, prefix: string): AsyncGenerator<string> {
  for await (const line of all) yield `${prefix}${line}`;
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
