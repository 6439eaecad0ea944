import type { FlowEvent } from "../graph/event.ts";
import type { Streamed } from "../graph/operator.ts";
import type { RunningStep } from "./running_step.ts";
import { Trip } from "./trip.ts";

/** What is done with the results of a streaming step. */
export interface PumpOptions {
  readonly step: RunningStep;
  /** A chunk goes on behind the step. */
  readonly send: (chunk: FlowEvent) => void;
  /** Tells a collector that nothing follows. */
  readonly end: (collector: RunningStep, last: FlowEvent) => void;
  readonly fail: (error: unknown) => void;
  /** The flow waits for a chunk, or has got it. */
  readonly wait: (change: 1 | -1) => void;
}

/**
 * Takes chunk after chunk from a streaming step. The next is asked for when the one before has ended everywhere or is kept by a
 * step, and has been taken by whoever reads the reply; when the caller leaves, the step is stopped.
 */
export async function pump(event: FlowEvent, chunks: Streamed["chunks"], options: PumpOptions): Promise<void> {
  const parent = event.track as Trip;
  const { step } = options;
  const stream = {};
  const all = new Trip([parent]);
  all.enter();
  let index = 0;
  options.wait(1);
  try {
    while (!parent.signal.aborted) {
      const next = chunks.next();
      const { value, done } = next instanceof Promise ? await next : next;
      if (done === true) break;
      const chunk = event.with(value);
      chunk.chunk = { stream, index: index++ };
      chunk.origin = {}; // a join of branches behind is of the parts of one chunk
      const trip = new Trip([all]);
      all.enter();
      trip.enter();
      chunk.track = trip;
      options.send(chunk);
      if (!trip.isDone) await new Promise<void>((resolve) => trip.whenIdle(resolve));
    }
    if (parent.signal.aborted) await chunks.return?.();
  } catch (error) {
    endStream("failed");
    event.track = all;
    options.fail(error);
    options.wait(-1);
    return;
  }
  endStream("complete");
  all.leave(step.name);
  options.wait(-1);

  function endStream(end: "complete" | "failed"): void {
    const collectors = collectorsBehind(step);
    all.enter(collectors.length);
    for (const collector of collectors) {
      const last = event.with(undefined);
      last.chunk = { stream, index, end };
      last.track = all;
      options.end(collector, last);
    }
  }
}

/** The first collectors on the ways behind a step. */
function collectorsBehind(step: RunningStep): RunningStep[] {
  const seen = new Set(step.outlets);
  const found: RunningStep[] = [];
  for (const outlet of seen) {
    if (outlet.collects) found.push(outlet);
    else for (const next of outlet.outlets) seen.add(next);
  }
  return found;
}
