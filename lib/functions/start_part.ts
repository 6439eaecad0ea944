import { describeThrown, GraphError } from "../errors.ts";
import type { Flow } from "../flow/flow.ts";
import { start } from "../flow/start.ts";
import type { Source } from "../flow/inlet.ts";
import type { QueueStream } from "../flow/surroundings.ts";
import { startWorker, type Worker } from "../flow/worker.ts";
import type { Clock } from "../graph/clock.ts";
import { compile, type Plan } from "../graph/compile.ts";
import type { Log } from "../graph/context.ts";
import { link } from "../graph/link.ts";
import { functionsOf } from "../graph/part.ts";
import { openMonitor } from "../monitoring/open_monitor.ts";
import { withTensors } from "../protocol/tensor_request.ts";
import type { Stream } from "../streams/stream.ts";
import { instrumentsOf, type Telemetry, watchRecords, watchWorker } from "../telemetry/telemetry.ts";
import { streamPath } from "./stream_path.ts";
import type { Unit } from "./unit.ts";

/** One function of several that a serving function is made of, compiled by itself. */
export interface FunctionPart {
  /** `""` is the function itself. */
  readonly name: string;
  readonly plan: Plan;
  /** The queues that it is fed by, with their streams. */
  readonly inlets: readonly { readonly queue: string; readonly path: string }[];
  /** The queues that it fills, with their streams. */
  readonly outlets: readonly { readonly queue: string; readonly path: string }[];
  /** The group that it reads as, on every stream. */
  readonly group: string;
}

/** Where a part runs. */
export interface PartSurroundings {
  readonly openStream: (path: string, options: { readonly capacityRecords?: number | undefined }) => Promise<Stream>;
  readonly clock: Clock;
  readonly log: Log;
  readonly isMock: boolean;
  /** What measures and traces it; default: nothing. */
  readonly telemetry?: Telemetry | undefined;
}

/**
 * Takes a serving function apart: itself and each of its children that has steps, in the order of the graph.
 *
 * @throws {GraphError} With everything that is wrong with the graph.
 */
export function partsOf(unit: Unit): FunctionPart[] {
  const source = unit.source();
  const functions = unit.children();
  compile(source, { functions });
  return functionsOf(source, link(source)).map((name) => {
    const plan = compile(source, { functions, currentFunction: name });
    return {
      name,
      plan,
      inlets: plan.entries.map(({ queue, path }) => ({ queue, path: streamPath(unit, queue, path) })),
      outlets: plan.steps.filter(({ definition, next }) => definition.isBorder === true && next.length === 0)
        .map(({ spec }) => ({
          queue: spec.name,
          path: streamPath(unit, spec.name, spec.options.path as string | undefined),
        })),
      group: name === "" ? unit.name : `${unit.name}-${name}`,
    };
  });
}

/** Starts one function by itself: fed by the streams of its queues, and filling those of others. */
export async function startPart(
  unit: Unit,
  part: FunctionPart,
  { openStream, clock, log, isMock, telemetry }: PartSurroundings,
): Promise<{ flow: Flow; worker: Worker }> {
  const tracking = unit.tracking();
  const monitor = tracking && await openMonitor(tracking, {
    functionName: unit.name,
    isMock,
    log,
    clock,
    openStream: (path) => openStream(path, {}),
  });
  if (telemetry !== undefined && monitor !== undefined) watchRecords(telemetry, monitor, part.name || unit.name);
  const flow = await start(part.plan, {
    surroundings: {
      ...(monitor === undefined ? {} : { monitor }),
      isMock,
      instruments: instrumentsOf(telemetry),
      params: unit.params(),
      table: unit.tables(),
      log,
      clock,
      openStream: (queue: string, { path, capacityEvents }: QueueStream) =>
        openStream(streamPath(unit, queue, path), { capacityRecords: capacityEvents }),
    },
  });
  try {
    const sources: Source[] = [];
    for (const { queue, path } of part.inlets) {
      sources.push({ stream: await openStream(path, {}), queue, group: part.group });
    }
    const worker = await startWorker(sources, { flow, clock, log, read: withTensors });
    if (telemetry !== undefined) watchWorker(telemetry, worker);
    return { flow, worker };
  } catch (error) {
    await flow.close();
    const cause = describeThrown(error).message;
    throw new GraphError(`start function "${part.name || unit.name}"`, [
      { cause, cure: "Mend the path of the queue, then start again", severity: "error" },
    ]);
  }
}
