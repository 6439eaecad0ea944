import type { FlowEvent } from "../graph/event.ts";
import type { Streamed } from "../graph/operator.ts";
import type { RunningStep } from "./running_step.ts";
import { Trip } from "./trip.ts";
import { turn } from "./turn.ts";

const CHUNKS_A_TURN = 1_000; // an endless generator that waits for nothing would let no timer run and no request come in

/** What is done with the results of a streaming step. */
export interface PumpOptions {
  readonly step: RunningStep;
  /** A chunk goes on behind the step. */
  readonly send: (chunk: FlowEvent) => void;
  /** Tells a collector that nothing follows. */
  readonly end: (collector: RunningStep, last: FlowEvent) => void;
  readonly fail: (error: unknown) => void;
  /** The flow waits for chunks, and how to end that; or has got the last. */
  readonly wait: (change: 1 | -1, giveUp?: () => void) => void;
}

/**
 * Takes chunk after chunk from a streaming step. The next is asked for when the one before has ended everywhere or is kept by a
 * step, and has been taken by whoever reads the reply. When the reader leaves, the step is stopped behind the chunk that it works
 * on; when the time is over, nobody waits for that chunk.
 */
export async function pump(event: FlowEvent, chunks: Streamed["chunks"], options: PumpOptions): Promise<void> {
  const parent = event.track as Trip;
  const { step } = options;
  if (event.chunk !== undefined) return options.fail(streamInStream(step));
  const stream = {};
  const all = new Trip([parent]);
  all.enter();
  const waiter = new Waiter();
  const open = {
    event,
    giveUp(error: unknown) {
      for (const root of parent.roots()) if (root.outcome?.kind === "stream") root.outcome.chunks.giveUp(error);
      waiter.giveUp(error);
    },
  };
  step.streams.add(open);
  const { signal } = parent;
  let index = 0;
  let isLeft = false;
  options.wait(1, () => waiter.stop());
  try {
    while (!signal.aborted) {
      const next = chunks.next();
      const result = next instanceof Promise ? await waiter.wait(next) : next;
      if (result === STOPPED) {
        stopped(chunks).catch(() => {}); // it runs to its end behind what it works on, if that ever ends
        isLeft = true;
        break;
      }
      const { value, done } = result;
      if (done === true) break;
      const chunk = event.with(value);
      chunk.chunk = { stream, index: index++ };
      chunk.origin = {}; // a join of branches behind is of the parts of one chunk
      const trip = new Trip([all]);
      all.enter();
      trip.enter();
      chunk.track = trip;
      options.send(chunk);
      if (!trip.isDone) await new Promise<void>((resolve) => trip.whenAtRest(resolve));
      if (index % CHUNKS_A_TURN === 0) await turn();
      waiter.check();
    }
    if (signal.aborted && !isLeft) await waiter.wait(stopped(chunks));
    end(signal.aborted ? "failed" : "complete");
    all.leave(step.name);
  } catch (error) {
    end("failed");
    event.track = all;
    options.fail(error);
  }
  options.wait(-1);

  function end(how: "complete" | "failed"): void {
    step.streams.delete(open);
    const collectors = collectorsBehind(step);
    all.enter(collectors.length);
    for (const collector of collectors) {
      const last = event.with(undefined);
      last.chunk = { stream, index, end: how };
      last.track = all;
      options.end(collector, last);
    }
  }
}

/** Why a step cannot stream what it makes of one result of another stream: the chunks of which would be whose? */
function streamInStream({ name }: RunningStep): TypeError {
  return new TypeError(
    `Cannot stream what step "${name}" gives: the event is itself one result of a streaming step. Put a collector() between them`,
  );
}

const STOPPED = Symbol("stopped");

/** Waits for one promise at a time; may be told not to wait any more. */
class Waiter {
  #stop: (() => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  wait<Value>(promise: Promise<Value>): Promise<Value | typeof STOPPED> {
    return new Promise((resolve, reject) => {
      this.#stop = () => resolve(STOPPED);
      this.#fail = reject;
      promise.then(resolve, reject);
      if (this.#failure !== undefined) reject(this.#failure.error);
    });
  }

  stop(): void {
    this.#stop?.();
  }

  giveUp(error: unknown): void {
    this.#failure ??= { error };
    this.#fail?.(error);
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** Has a generator run what it does at its end. */
async function stopped(chunks: Streamed["chunks"]): Promise<void> {
  await chunks.return?.();
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
