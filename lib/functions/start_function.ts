import { describeThrown, GraphError, isA } from "../errors.ts";
import { consoleLog } from "../flow/console_log.ts";
import type { Flow } from "../flow/flow.ts";
import type { Source } from "../flow/source.ts";
import { start } from "../flow/start.ts";
import { PublishingWatch } from "../flow/publishing_watch.ts";
import type { QueueStream } from "../flow/surroundings.ts";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import { Worker } from "../flow/worker.ts";
import type { FlowMonitor } from "../graph/monitor.ts";
import { openMonitor } from "../monitoring/open_monitor.ts";
import { withTensors } from "../protocol/tensor_request.ts";
import { openStream as openAnyStream, type StreamOptions } from "../streams/open_stream.ts";
import type { Stream } from "../streams/stream.ts";
import { allLimits, type ServerLimits } from "../serve/limits/server_limits.ts";
import { instrumentsOf, watchRecords, watchWorker } from "../telemetry/telemetry.ts";
import { errorStreamPath, openErrorStream } from "./error_stream.ts";
import type { MockOptions } from "./function_options.ts";
import type { TickKeeper } from "../triggers/tick_keeper.ts";
import { openExchanged } from "./open_exchange.ts";
import { openSources } from "./open_sources.ts";
import type { FunctionPart } from "./parts_of.ts";
import { streamPath } from "../streams/fed_path.ts";
import type { Unit } from "./unit.ts";

/** A function, or a part of it, that runs in this process. */
export interface StartedFunction {
  readonly flow: Flow;
  /** What feeds it from the streams of its queues, and closes it when it is closed. */
  readonly worker: Worker;
  /**
   * Begins to read, where it was held: joins the groups of its streams, and goes by its schedules.
   *
   * @param onJoined Called once it is in all groups, before the first record.
   * @throws {GraphError} If it cannot join one; then it is in none.
   */
  readonly begin: (onJoined?: () => void) => Promise<void>;
  /** What keeps the records of its models; undefined where they are not tracked. */
  readonly monitor: FlowMonitor | undefined;
}

/** How a function opens a stream of its own. */
type OwnStreamOptions = Pick<StreamOptions, "capacityRecords" | "newsMs">;

/** How a function is started. */
export interface StartWish extends Omit<MockOptions, "currentFunction"> {
  readonly isMock: boolean;
  /** Whether it is fed by the streams of its queues. Default false. */
  readonly reads?: boolean;
  /** Whether it reads nothing before `begin` is called. Default false. */
  readonly isHeld?: boolean;
  /** Keeps what is known of schedules. Default: this process in a mock server, else files that all processes share. */
  readonly keeper?: TickKeeper;
  /** Of these the time of a request, where the graph says none. Default: no limit. */
  readonly limits?: ServerLimits;
  /** Opens streams. Default: by their paths. */
  readonly openStream?: (path: string, options: OwnStreamOptions) => Promise<Stream>;
}

/**
 * Starts a function, or a part of it, in this process, with what feeds it and what keeps its records.
 *
 * @throws {GraphError} With everything that could not be opened; nothing is left open.
 */
export async function startFunction(
  unit: Unit,
  part: FunctionPart,
  { isMock, log = consoleLog(), clock, errorStream, queues = "memory", telemetry, limits, observe, ...wish }: StartWish,
): Promise<StartedFunction> {
  const {
    reads = false,
    isHeld = false,
    triggers = false,
    keeper,
    openStream = (path, options) => openAnyStream(path, { clock, ...options }),
  } = wish;
  const label = labelOf(unit, part);
  const errorPath = queues === "memory" ? undefined : errorStreamPath(unit, part);
  const errors = errorStream ??
    (errorPath === undefined ? undefined : await openErrorStream(errorPath, { fn: label, openStream }));
  const tracking = unit.tracking();
  const monitor = tracking && await openMonitor(tracking, {
    functionName: unit.name,
    isMock,
    log,
    clock: clock ?? SYSTEM_CLOCK,
    openStream: (path) => openStream(path, {}),
  }).catch(async (error) => {
    await errors?.close?.();
    throw error;
  });
  if (telemetry !== undefined && monitor !== undefined) watchRecords(telemetry, monitor, label);
  const timeoutMs = limits === undefined ? Infinity : allLimits(limits).requestTimeoutMs;
  const isExchanged = queues !== "memory" && wish.openStream === undefined && (reads || triggers);
  const exchange = isExchanged
    ? await openExchanged(part, { clock }).catch(closing(errors?.close?.bind(errors)))
    : undefined;
  const pathOf = (queue: string, { path }: QueueStream) => streamPath(unit, queue, { path, home: part.home });
  const publishing = new PublishingWatch(clock ?? SYSTEM_CLOCK);
  const flow = await start(part.plan, {
    ...(observe === undefined ? {} : { observe }),
    ...(timeoutMs === Infinity ? {} : { timeoutMs }),
    surroundings: {
      isMock,
      params: unit.params(),
      log,
      table: unit.tables(),
      instruments: instrumentsOf(telemetry),
      publishing,
      monitor,
      ...(clock === undefined ? {} : { clock }),
      ...(errors === undefined ? {} : { errorStream: errors }),
      ...(queues === "memory" ? {} : {
        openStream: (queue: string, options: QueueStream) =>
          openStream(pathOf(queue, options), { capacityRecords: options.capacityEvents }),
      }),
      ...(exchange === undefined ? {} : {
        openExchanged: (queue: string, options: QueueStream) => exchange.output(pathOf(queue, options)),
      }),
    },
  }).catch(closing(() => exchange?.input.close()));
  let sources: readonly Source[] = [];
  try {
    sources = await openSources(part, {
      label,
      isMock,
      reads,
      triggers,
      clock: clock ?? SYSTEM_CLOCK,
      log,
      keeper,
      exchange,
      openStream: (path, options = {}) => openStream(path, options),
      openTicks: wish.openStream && ((path, options = {}) => openStream(path, options)),
    });
    const worker = new Worker(sources, { flow, clock: clock ?? SYSTEM_CLOCK, log, read: withTensors, publishing });
    const begin = (onJoined?: () => void) =>
      worker.begin(onJoined).catch((error) => Promise.reject(faultOf(label, error)));
    if (!isHeld) await begin();
    if (telemetry !== undefined && sources.length > 0) watchWorker(telemetry, worker);
    return { flow, worker, begin, monitor };
  } catch (error) {
    await Promise.allSettled([...sources.map(({ stream }) => stream.close()), exchange?.input.close()]);
    await flow.close();
    throw faultOf(label, error);
  }
}

function faultOf(label: string, error: unknown): GraphError {
  if (isA(error, GraphError)) return error;
  const cause = describeThrown(error).message;
  return new GraphError(`start function "${label}"`, [
    { cause, cure: "Mend the path of the stream, then start again", severity: "error" },
  ]);
}

/** Closes something before it fails. */
function closing(close: (() => Promise<void> | undefined) | undefined): (error: unknown) => Promise<never> {
  return async (error) => {
    await close?.()?.catch(() => {});
    throw error;
  };
}

function labelOf(unit: Unit, { name }: FunctionPart): string {
  return name === "" || name === "*" ? unit.name : name;
}
