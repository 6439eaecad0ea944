import type { WorkerProcess } from "./worker_process.ts";
import type { ChangeFailure, WorkerWord } from "./worker_words.ts";

type Workers = () => Iterable<WorkerProcess>;

interface Change {
  readonly model: string;
  readonly act: "load" | "unload";
  readonly missing: Set<WorkerProcess>;
  readonly done: () => void;
  failure: ChangeFailure | undefined;
}

/** Has all workers load a model, or take it away, when one of them is asked to; one change after another, so that all end with the same models. */
export class ModelChanges {
  readonly #workers: Workers;
  /** What was taken away, by the words of the request: a worker that comes later begins without it. */
  readonly #unloaded = new Set<string>();
  readonly #open = new Map<number, Change>();
  #last: Promise<void> = Promise.resolve();
  #asks = 0;

  /** `workers` gives those that listen. */
  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /** A worker said something. */
  onWord(word: WorkerWord, from: WorkerProcess): void {
    if (word.kind === "changeAll") this.#last = this.#last.then(() => this.#change(word, from));
    else if (word.kind === "changed") this.#take(word, from);
    else if (word.kind === "listening") this.#welcome(from);
  }

  #change({ ask: theirs, model, act }: Extract<WorkerWord, { kind: "changeAll" }>, from: WorkerProcess): Promise<void> {
    const ask = ++this.#asks;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const missing = new Set(this.#workers());
    const change: Change = { model, act, missing, done, failure: undefined };
    this.#open.set(ask, change);
    for (const worker of missing) {
      worker.tell({ kind: "change", ask, model, act });
      worker.end.then(() => this.#settle(ask, worker)); // who is gone has no models
    }
    if (missing.size === 0) done();
    return promise.then(() => {
      this.#open.delete(ask);
      const { failure } = change;
      if (act === "load") this.#unloaded.delete(model);
      else if (failure === undefined) this.#unloaded.add(model);
      from.tell({ kind: "allChanged", ask: theirs, ...(failure === undefined ? {} : { failure }) });
    });
  }

  #take({ ask, failure }: Extract<WorkerWord, { kind: "changed" }>, worker: WorkerProcess): void {
    const change = this.#open.get(ask);
    if (change === undefined) return;
    change.failure ??= failure;
    this.#settle(ask, worker);
  }

  #settle(ask: number, worker: WorkerProcess): void {
    const change = this.#open.get(ask);
    if (change?.missing.delete(worker) === true && change.missing.size === 0) change.done();
  }

  #welcome(worker: WorkerProcess): void {
    for (const model of this.#unloaded) worker.tell({ kind: "change", ask: 0, model, act: "unload" });
  }
}
