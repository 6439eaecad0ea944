import type { WorkerProcess } from "./worker_process.ts";
import type { WorkerWord } from "./worker_words.ts";

interface Gathering {
  readonly families: Record<string, unknown>;
  readonly missing: Set<WorkerProcess>;
  readonly done: () => void;
}

const PATIENCE_MS = 2_000; // who does not answer in this time is left out

/** Asks all workers for their metrics when one of them is asked for those of all. */
export class MetricsGathering {
  readonly #open = new Map<number, Gathering>();
  #asks = 0;

  /** A worker said something. */
  onWord(word: WorkerWord, { from, workers }: { from: WorkerProcess; workers: readonly WorkerProcess[] }): void {
    if (word.kind === "gather") this.#gather(word.ask, { from, workers });
    else if (word.kind === "metrics") this.#take(word, from);
  }

  #gather(theirs: number, { from, workers }: { from: WorkerProcess; workers: readonly WorkerProcess[] }): void {
    const ask = ++this.#asks;
    const families: Record<string, unknown> = {};
    const timer = setTimeout(() => done(), PATIENCE_MS);
    const done = () => {
      clearTimeout(timer);
      this.#open.delete(ask);
      from.tell({ kind: "gathered", ask: theirs, workers: families });
    };
    this.#open.set(ask, { families, missing: new Set(workers), done });
    for (const worker of workers) worker.tell({ kind: "tell", ask });
  }

  #take({ ask, families }: Extract<WorkerWord, { kind: "metrics" }>, worker: WorkerProcess): void {
    const gathering = this.#open.get(ask);
    if (gathering === undefined || !gathering.missing.delete(worker)) return;
    gathering.families[worker.name] = families;
    if (gathering.missing.size === 0) gathering.done();
  }
}
