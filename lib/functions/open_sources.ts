import { join, resolve } from "node:path";
import process from "node:process";
import { describeThrown, GraphError } from "../errors.ts";
import type { Source } from "../flow/source.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import { withSecrets } from "../graph/secret_data.ts";
import { MemoryBroker } from "../streams/memory/memory_broker.ts";
import type { Exchange } from "../streams/exchange.ts";
import type { Stream } from "../streams/stream.ts";
import { Schedule } from "../triggers/schedule.ts";
import { FileTickKeeper, MemoryTickKeeper, type TickKeeper } from "../triggers/tick_keeper.ts";
import {
  describeTrigger,
  isSchedule,
  type ScheduleTrigger,
  type StreamTrigger,
  type Trigger,
} from "../triggers/trigger.ts";
import type { FunctionPart } from "./parts_of.ts";

const MOST_TOGETHER = 500;
/** Of the streams of schedules: each process looks by itself when a time comes; what is sent again, or is given back by who ends, may be later. */
const NEWS_MS = 500;

type OpenSource = (path: string, options?: { readonly newsMs?: number }) => Promise<Stream>;

/** How a function, or a part of it, is fed. */
export interface SourcesWish {
  readonly label: string;
  readonly isMock: boolean;
  /** Whether it is fed by the streams of its queues. */
  readonly reads: boolean;
  /** Whether its triggers start it. */
  readonly triggers: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStream: OpenSource;
  /** What it is fed by, where its records are exchanged for what becomes of them. */
  readonly exchange?: Exchange | undefined;
  /** Opens the streams of schedules. Default: in this process alone in a mock server, else as any others. */
  readonly openTicks?: OpenSource | undefined;
  /** Keeps what is known of schedules. Default: this process in a mock server, else files that all processes share. */
  readonly keeper?: TickKeeper | undefined;
}

/**
 * Opens what feeds a function, or a part of it: the streams of its queues, and its triggers.
 *
 * @throws {GraphError} Naming what cannot be opened; nothing is left open.
 */
export async function openSources(part: FunctionPart, wish: SourcesWish): Promise<Source[]> {
  const sources: Source[] = [];
  const act = `start function "${wish.label}"`;
  try {
    for (const { queue, path, exactlyOnce } of wish.reads ? part.inlets : []) {
      const exchange = exactlyOnce === true ? wish.exchange : undefined;
      const stream = exchange?.input ?? await named(act, `queue "${queue}"`, wish.openStream(path));
      sources.push({ stream, exchange, queue, group: part.group, maxRecords: deliverySize(part) });
    }
    for (const { name, trigger, path } of wish.triggers ? part.triggers : []) {
      const opening = isSchedule(trigger)
        ? openSchedule({ name, trigger, path }, part, wish)
        : openReader(trigger, part, wish);
      const source = await named(act, `trigger "${name}"`, opening);
      sources.push({ ...source, name });
      if (!wish.isMock) tell(name, trigger, source, wish.log);
    }
    return sources;
  } catch (error) {
    await Promise.allSettled(sources.map(({ stream }) => stream.close()));
    throw error;
  }
}

/** How many records are taken at once: many, so that brokers are asked seldom, but no more than the flow has room for. */
function deliverySize({ plan: { limits: { maxInFlight = MOST_TOGETHER } } }: FunctionPart): number {
  return Math.min(maxInFlight, MOST_TOGETHER);
}

async function openReader(
  trigger: StreamTrigger,
  { group }: FunctionPart,
  { openStream, exchange }: SourcesWish,
): Promise<Source> {
  const { stream: path, exactlyOnce, ...options } = withSecrets({ ...trigger }, {
    byName: false,
  }) as unknown as StreamTrigger;
  if (exactlyOnce === true && exchange !== undefined) return { group, ...options, exchange, stream: exchange.input };
  return { group, ...options, stream: await openStream(path) };
}

async function openSchedule(
  { name, trigger, path }: { name: string; trigger: ScheduleTrigger; path: string },
  { group }: FunctionPart,
  { isMock, clock, log, openStream, ...wish }: SourcesWish,
): Promise<Source> {
  const {
    openTicks = isMock ? openHere : openStream,
    keeper = isMock ? new MemoryTickKeeper() : new FileTickKeeper(ticksFolder()),
  } = wish;
  const stream = await openTicks(path, { newsMs: NEWS_MS });
  const feeder = new Schedule({ name, trigger, stream, group, keeper, clock, log });
  try {
    await feeder.look();
  } catch (error) {
    await stream.close();
    throw error;
  }
  const { maxTries, backoffMs } = trigger;
  return { stream, group, maxTries, backoffMs, feeder, trigger: `schedule://${encodeURIComponent(name)}` };

  function openHere(path: string): Promise<Stream> {
    return Promise.resolve(new MemoryBroker().open(path, { clock }));
  }
}

function tell(name: string, trigger: Trigger, { group }: Source, log: Log): void {
  const what = isSchedule(trigger) ? "by schedule" : `as group ${group}`;
  log.info(`Trigger ${name} starts the function ${what}: ${describeTrigger(trigger)}`, { trigger: name });
}

/** Where what is known of schedules lies, for all processes of this machine: `schedules` in LEVADA_STATE, default `.levada`. */
export function ticksFolder(state: string = process.env.LEVADA_STATE || ".levada"): string {
  return resolve(join(state, "schedules"));
}

async function named<Value>(act: string, what: string, opening: Promise<Value>): Promise<Value> {
  try {
    return await opening;
  } catch (error) {
    const cause = `${what}: ${describeThrown(error).message}`;
    throw new GraphError(act, [{
      cause,
      cure: "Mend its path, or start what it needs, then start again",
      severity: "error",
    }]);
  }
}
