import type { CloseOptions, Flow } from "./flow.ts";
import { InHand } from "./in_hand.ts";
import { Inlet } from "./inlet.ts";
import type { StreamLag } from "./stream_lag.ts";
import type { Source } from "./source.ts";
import type { InletParts } from "./inlet_parts.ts";
import type { PublishingWatch } from "./publishing_watch.ts";
import type { StreamTrouble } from "./stream_trouble.ts";

/** What a worker works with. */
export interface WorkerParts extends InletParts {
  /** What the flow's queues are publishing. Default: nobody knows. */
  readonly publishing?: PublishingWatch;
}

/** What feeds a flow from streams, and closes it when it is closed: the third door beside a program's own and HTTP's. */
export class Worker implements AsyncDisposable {
  readonly #flow: Flow;
  readonly #inlets: readonly Inlet[];
  readonly #publishing: PublishingWatch | undefined;

  /** It reads nothing, and is in no group, until it begins. */
  constructor(sources: readonly Source[], { publishing, ...parts }: WorkerParts) {
    this.#flow = parts.flow;
    this.#publishing = publishing;
    const shared = { ...parts, inHand: new InHand(parts.clock) };
    this.#inlets = sources.map((source) => new Inlet(source, shared));
  }

  /**
   * Joins the group of each source, then feeds the flow from all of them.
   *
   * @param onJoined Called once it is in all groups, before the first record.
   * @throws {StreamError} If it cannot join one; then it has left all streams.
   */
  async begin(onJoined: () => void = () => {}): Promise<void> {
    try {
      for (const inlet of this.#inlets) await inlet.join();
    } catch (error) {
      await Promise.all(this.#inlets.map((inlet) => inlet.abandon()));
      throw error;
    }
    onJoined();
    for (const inlet of this.#inlets) inlet.start();
  }

  /** How far it is behind each of its streams; those that cannot be asked now are left out. */
  async lags(): Promise<readonly StreamLag[]> {
    const asked = await Promise.allSettled(this.#inlets.map((inlet) => inlet.lag()));
    return asked.flatMap((lag) => lag.status === "fulfilled" ? [lag.value] : []);
  }

  /** The streams that cannot be read now, and those that take nothing of what the flow publishes. */
  troubles(): readonly StreamTrouble[] {
    return [...this.#inlets.flatMap((inlet) => inlet.trouble() ?? []), ...this.#publishing?.troubles() ?? []];
  }

  /**
   * Reads no more, closes the flow, which gives out and finishes what it has in hand, acknowledges that, and leaves the streams.
   * Gives the result of the step that folds all events.
   */
  // deno-lint-ignore no-explicit-any -- the result is what the graph's folding steps make of it
  async close<Total = any>(options: CloseOptions = {}): Promise<Total> {
    for (const inlet of this.#inlets) inlet.stop();
    try {
      return await this.#flow.close<Total>(options);
    } finally {
      await Promise.all(this.#inlets.map((inlet) => inlet.close()));
    }
  }

  /** Ends worker and flow as a crash would: nothing is given out or acknowledged, no group is told. For tests. */
  async kill(): Promise<void> {
    this.#flow.kill();
    await Promise.all(this.#inlets.map((inlet) => inlet.kill()));
  }

  /** See `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Joins the group of each source, then feeds the flow from all of them. */
export async function startWorker(sources: readonly Source[], parts: InletParts): Promise<Worker> {
  const worker = new Worker(sources, parts);
  await worker.begin();
  return worker;
}
