import { consoleLog } from "../flow/console_log.ts";
import type { Flow } from "../flow/flow.ts";
import { start } from "../flow/start.ts";
import type { QueueStream } from "../flow/surroundings.ts";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import type { Plan } from "../graph/compile.ts";
import type { FlowMonitor } from "../graph/monitor.ts";
import { openMonitor } from "../monitoring/open_monitor.ts";
import { openStream } from "../streams/open_stream.ts";
import { allLimits, type ServerLimits } from "../serve/limits/server_limits.ts";
import { instrumentsOf, watchRecords } from "../telemetry/telemetry.ts";
import type { MockOptions } from "./function_options.ts";
import { streamPath } from "./stream_path.ts";
import type { Unit } from "./unit.ts";

/** A function that runs in this process. */
export interface StartedFunction {
  readonly flow: Flow;
  /** What keeps the records of its models; undefined where they are not tracked. */
  readonly monitor: FlowMonitor | undefined;
}

/** How a function is started. */
export interface StartWish extends Omit<MockOptions, "currentFunction"> {
  readonly isMock: boolean;
  /** Of these the time of a request, where the graph says none. Default: no limit. */
  readonly limits?: ServerLimits;
}

/** Starts the flow of a function's plan in this process, and what keeps its records. */
export async function startFunction(
  plan: Plan,
  unit: Unit,
  { isMock, log = consoleLog(), clock, errorStream, queues = "memory", telemetry, limits, observe }: StartWish,
): Promise<StartedFunction> {
  const tracking = unit.tracking();
  const monitor = tracking && await openMonitor(tracking, {
    functionName: unit.name,
    isMock,
    log,
    clock: clock ?? SYSTEM_CLOCK,
    openStream: (path) => openStream(path, { clock }),
  });
  if (telemetry !== undefined && monitor !== undefined) watchRecords(telemetry, monitor, unit.name);
  const timeoutMs = limits === undefined ? Infinity : allLimits(limits).requestTimeoutMs;
  const flow = await start(plan, {
    ...(observe === undefined ? {} : { observe }),
    ...(timeoutMs === Infinity ? {} : { timeoutMs }),
    surroundings: {
      isMock,
      params: unit.params(),
      log,
      table: unit.tables(),
      instruments: instrumentsOf(telemetry),
      monitor,
      ...(clock === undefined ? {} : { clock }),
      ...(errorStream === undefined ? {} : { errorStream }),
      ...(queues === "memory" ? {} : {
        openStream: (queue: string, { path, capacityEvents }: QueueStream) =>
          openStream(streamPath(unit, queue, path), { clock, capacityRecords: capacityEvents }),
      }),
    },
  });
  return { flow, monitor };
}
