import { consoleLog } from "../flow/console_log.ts";
import type { Flow } from "../flow/flow.ts";
import { start } from "../flow/start.ts";
import type { QueueStream } from "../flow/surroundings.ts";
import type { OpenTable } from "../flow/tables.ts";
import type { Plan } from "../graph/compile.ts";
import { openStream } from "../streams/open_stream.ts";
import { instrumentsOf } from "../telemetry/telemetry.ts";
import type { MockOptions } from "./function_options.ts";
import { streamPath } from "./stream_path.ts";

/** What of a function its flow needs. */
export interface Startable {
  readonly name: string;
  readonly params: ReadonlyMap<string, unknown>;
  readonly tables: OpenTable;
}

/** Starts the flow of a function's plan. */
export function startFunction(
  plan: Plan,
  { params, tables, ...fn }: Startable,
  { isMock, log = consoleLog(), clock, errorStream, queues = "memory", telemetry, ...rest }:
    & Omit<MockOptions, "currentFunction">
    & { isMock: boolean },
): Promise<Flow> {
  return start(plan, {
    ...rest,
    surroundings: {
      isMock,
      params,
      log,
      table: tables,
      instruments: instrumentsOf(telemetry),
      ...(clock === undefined ? {} : { clock }),
      ...(errorStream === undefined ? {} : { errorStream }),
      ...(queues === "memory" ? {} : {
        openStream: (queue: string, { path, capacityEvents }: QueueStream) =>
          openStream(streamPath(fn, queue, path), { clock, capacityRecords: capacityEvents }),
      }),
    },
  });
}
