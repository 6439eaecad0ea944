import { chooseAmong, chooseAmongAll, portsOf } from "../../serve/port/shared_port.ts";
import { askWorkers, collectOf, type Telemetry } from "../../telemetry/telemetry.ts";
import type { HttpServer } from "../../serve/port/listen.ts";
import type { MetricFamily } from "../../telemetry/registry.ts";
import { WorkerChanges } from "./worker_changes.ts";
import { decodeLine, encodeWord, linesOf, type ParentWord, type WorkerWord } from "./worker_words.ts";

type Gathered = ReadonlyMap<string, readonly MetricFamily[]>;

/** A worker's side of its conversation with the process that started it. */
export class WorkerSide {
  /** Resolves when that process is gone. */
  readonly gone: Promise<void>;
  /** Resolves when that process says that this one may read. */
  readonly mayRead: Promise<void>;
  /** What is done to models, here and in the other workers. */
  readonly changes = new WorkerChanges((word) => this.tell(word));
  readonly #telemetry: Telemetry;
  readonly #key: string;
  readonly #asked = new Map<number, (gathered: Gathered) => void>();
  readonly #mayRead = Promise.withResolvers<void>();
  #asks = 0;
  #ports: readonly number[] = [];

  constructor(telemetry: Telemetry, { key, lines }: { key: string; lines: AsyncIterable<string> }) {
    this.#telemetry = telemetry;
    this.#key = key;
    askWorkers(telemetry, () => this.#gather());
    this.mayRead = this.#mayRead.promise;
    this.gone = this.#listen(lines);
  }

  /** Begins it: the first that a worker is told is its key. */
  static async open(telemetry: Telemetry): Promise<WorkerSide> {
    const lines = linesOf(Deno.stdin.readable);
    const { value: key = "" } = await lines.next();
    return new WorkerSide(telemetry, { key, lines });
  }

  /** Says what is served: what was told before is done then. */
  serve(server: Pick<HttpServer, "models" | "port" | "grpcPort">): void {
    this.#ports = portsOf(server);
    this.changes.serve(server);
  }

  /** Tells it something. */
  tell(word: WorkerWord): void {
    let bytes = new TextEncoder().encode(encodeWord(word, this.#key));
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
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
      } else if (word?.kind === "read") {
        this.#mayRead.resolve();
      } else if (word?.kind === "choose") {
        const { after, count } = word;
        if (after === undefined || count === undefined) chooseAmongAll(this.#ports);
        else chooseAmong(this.#ports, { after, count });
      } else if (word?.kind === "tell") {
        this.tell({ kind: "metrics", ask: word.ask, families: collectOf(this.#telemetry) });
      } else if (word?.kind === "gathered") {
        this.#asked.get(word.ask)?.(new Map(Object.entries(word.workers)) as Gathered);
        this.#asked.delete(word.ask);
      } else if (word !== undefined) this.changes.onWord(word);
    }
    this.changes.close();
  }
}
