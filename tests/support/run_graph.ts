import type { Flow } from "../../lib/flow/flow.ts";
import { start } from "../../lib/flow/start.ts";
import type { OpenTable } from "../../lib/flow/tables.ts";
import { compile, type CompileOptions } from "../../lib/graph/compile.ts";
import type { Clock } from "../../lib/graph/clock.ts";
import type { Log } from "../../lib/graph/context.ts";
import type { FlowEvent } from "../../lib/graph/event.ts";
import { sourceOf } from "../../lib/graph/source.ts";

/** A log that keeps its lines. */
export interface MemoryLog extends Log {
  readonly lines: string[];
}

/** Makes a log that keeps its lines. */
export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}

/** Compiles a graph and starts it, with a log of one's own and without a server. */
export function runGraph(
  graph: object,
  options: CompileOptions & {
    log?: Log;
    observe?: (step: string, event: FlowEvent) => void;
    maxInFlight?: number;
    clock?: Clock;
    table?: OpenTable;
  } = {},
): Promise<Flow> {
  const { log = memoryLog(), observe, maxInFlight, clock, table, ...rest } = options;
  return start(compile(sourceOf(graph), rest), {
    surroundings: {
      isMock: true,
      params: new Map(),
      log,
      ...(clock === undefined ? {} : { clock }),
      ...(table === undefined ? {} : { table }),
    },
    ...(observe === undefined ? {} : { observe }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  });
}
