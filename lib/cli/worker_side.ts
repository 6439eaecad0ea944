import { askWorkers, collectOf, type Telemetry } from "../telemetry/telemetry.ts";
import type { MetricFamily } from "../telemetry/registry.ts";
import { describeThrown, StatusError } from "../errors.ts";
import type { ChangeEverywhere } from "../serve/own/change_models.ts";
import { decodeLine, encodeWord, linesOf, type ParentWord, type WorkerWord } from "./worker_words.ts";

type Gathered = ReadonlyMap<string, readonly MetricFamily[]>;

/** A worker's side of its conversation with the process that started it. */
export class WorkerSide {
  /** Resolves when that process is gone. */
  readonly gone: Promise<void>;
  readonly #telemetry: Telemetry;
  readonly #key: string;
  readonly #asked = new Map<number, (gathered: Gathered) => void>();
  readonly #changing = new Map<number, PromiseWithResolvers<void>>();
  /** Does to a model of this worker what is done to it everywhere. */
  #changeHere: ChangeEverywhere | undefined;
  #asks = 0;

  constructor(telemetry: Telemetry, { key, lines }: { key: string; lines: AsyncIterable<string> }) {
    this.#telemetry = telemetry;
    this.#key = key;
    askWorkers(telemetry, () => this.#gather());
    this.gone = this.#listen(lines);
  }

  /** Begins it: the first that a worker is told is its key. */
  static async open(telemetry: Telemetry): Promise<WorkerSide> {
    const lines = linesOf(Deno.stdin.readable);
    const { value: key = "" } = await lines.next();
    return new WorkerSide(telemetry, { key, lines });
  }

  /** Tells it something. */
  tell(word: WorkerWord): void {
    let bytes = new TextEncoder().encode(encodeWord(word, this.#key));
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }

  /** Says how a model is loaded here, or taken away. */
  onChange(changeHere: ChangeEverywhere): void {
    this.#changeHere = changeHere;
  }

  /** Has all workers, this one among them, load a model, or take it away. */
  changeEverywhere(model: string, act: "load" | "unload"): Promise<void> {
    const ask = ++this.#asks;
    const changing = Promise.withResolvers<void>();
    this.#changing.set(ask, changing);
    this.tell({ kind: "changeAll", ask, model, act });
    return changing.promise;
  }

  #gather(): Promise<Gathered> {
    const ask = ++this.#asks;
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve);
      this.tell({ kind: "gather", ask });
    });
  }

  async #listen(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      const { word } = decodeLine<ParentWord>(line, this.#key);
      if (word?.kind === "live") {
        this.tell({ kind: "alive" });
      } else if (word?.kind === "tell") {
        this.tell({ kind: "metrics", ask: word.ask, families: collectOf(this.#telemetry) });
      } else if (word?.kind === "gathered") {
        this.#asked.get(word.ask)?.(new Map(Object.entries(word.workers)) as Gathered);
        this.#asked.delete(word.ask);
      } else if (word?.kind === "change") {
        void this.#change(word);
      } else if (word?.kind === "allChanged") {
        const { failure, ask } = word;
        const changing = this.#changing.get(ask);
        this.#changing.delete(ask);
        if (failure === undefined) changing?.resolve();
        else changing?.reject(new StatusError(failure.status, failure.message));
      }
    }
  }

  async #change({ ask, model, act }: Extract<ParentWord, { kind: "change" }>): Promise<void> {
    try {
      await this.#changeHere?.(model, act);
      this.tell({ kind: "changed", ask });
    } catch (error) {
      const { message } = describeThrown(error);
      this.tell({
        kind: "changed",
        ask,
        failure: { status: error instanceof StatusError ? error.status : 500, message },
      });
    }
  }
}
