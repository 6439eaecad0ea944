import { describeThrown } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { ModelCall, Monitor } from "../graph/monitor.ts";
import { modelRecord, type RecordPlace } from "./model_record.ts";
import type { RecordSink, SinkRecord } from "./record_sink.ts";
import { recordText } from "./record_text.ts";

/** How records are kept. */
export interface ModelMonitorOptions extends RecordPlace {
  /** How many records may wait to be written. */
  readonly bufferRecords: number;
  /** Whether the last records are kept to look at, see `recent`. */
  readonly keepsRecent: boolean;
  readonly log: Log;
  readonly clock: Clock;
}

const RECENT = 10_000; // as of what left by a queue: enough to look at, bounded
const BATCH = 1_000; // records a write
const PAUSE_MS = 50; // between writes: one costs as much as a hundred records, and a busy model would start one for every few
const BUFFER_LETTERS = 16 * 2 ** 20; // of all records that wait, in UTF-16
const AGAIN_MS = 60_000;
const CLOSE_MS = 5_000; // what the sink has not taken by then is given up: a server must stop

/**
 * Makes records of what models are asked, and writes them beside the requests: a sink that is slow or down costs records, which are
 * counted and logged, and never a request. The first record is written at once, those of the next 50 ms together, earlier where they are many.
 */
export class ModelMonitor implements Monitor {
  readonly #sink: RecordSink;
  readonly #options: ModelMonitorOptions;
  readonly #recent: string[] = [];
  #waiting: SinkRecord[] = [];
  #letters = 0;
  #writing: Promise<void> | undefined;
  #endPause = () => {};
  #lost = 0;
  #isFailing = false;
  #toldAt = 0;
  #isClosing = false;

  constructor(sink: RecordSink, options: ModelMonitorOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** How many records were made and are nowhere: the buffer was full, or the sink failed. */
  get lost(): number {
    return this.#lost;
  }

  /** The last records, oldest first, where they are kept to look at. */
  recent(): readonly unknown[] {
    return this.#recent.map((text) => JSON.parse(text));
  }

  record(call: ModelCall): void {
    try {
      const record = modelRecord(call, this.#options);
      if (record !== undefined) this.#add({ endpoint: record.endpoint_id, text: recordText(record) });
    } catch (error) {
      this.#lose(1, error); // a reply with a getter that throws, a sampler of the user's
    }
  }

  /** Writes what waits, for some seconds at most, and lets the sink go. */
  async close(): Promise<void> {
    const { clock, log } = this.#options;
    this.#isClosing = true;
    this.#endPause();
    let cancel = () => {};
    const limit = new Promise<void>((resolve) => cancel = clock.schedule(CLOSE_MS, resolve));
    const written = (async () => {
      while (this.#writing !== undefined) await this.#writing;
      await this.#sink.close();
    })();
    try {
      await Promise.race([written, limit]);
    } catch (error) {
      log.warn(`Cannot close what keeps the records of models: ${describeThrown(error).message}`);
    } finally {
      cancel();
    }
    this.#lost += this.#waiting.length;
    this.#waiting = [];
    if (this.#lost > 0) log.warn(`${this.#lost} records of models were lost`, { lost: this.#lost });
  }

  #add(record: SinkRecord): void {
    const { text } = record;
    const { bufferRecords, keepsRecent } = this.#options;
    if (keepsRecent) {
      this.#recent.push(text);
      if (this.#recent.length > RECENT) this.#recent.shift();
    }
    if (this.#waiting.length >= bufferRecords || this.#letters + text.length > BUFFER_LETTERS) {
      return this.#lose(1, new Error(`${this.#waiting.length} wait to be written already`));
    }
    this.#waiting.push(record);
    this.#letters += text.length;
    this.#writing ??= this.#write();
    if (this.#hasMany) this.#endPause();
  }

  /** Whether what waits fills a write, or a good part of the room that it has. */
  get #hasMany(): boolean {
    return this.#waiting.length >= Math.min(BATCH, this.#options.bufferRecords / 2) ||
      this.#letters >= BUFFER_LETTERS / 4;
  }

  async #write(): Promise<void> {
    await undefined; // the request that brought the first record goes on before
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      for (const { text } of batch) this.#letters -= text.length;
      try {
        await this.#sink.write(batch);
        this.#recover();
      } catch (error) {
        this.#lose(batch.length, error);
      }
      if (!this.#hasMany && !this.#isClosing) await this.#pause();
    }
    this.#writing = undefined;
  }

  /** Lets records gather, until there are many or the monitor closes. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(PAUSE_MS, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #recover(): void {
    if (this.#isFailing) this.#options.log.info("Records of models are kept again", { lost: this.#lost });
    this.#isFailing = false;
  }

  /** Counts, and logs the first of a row of losses, then one a minute: a sink that is down must not fill the log, nor be forgotten. */
  #lose(count: number, error: unknown): void {
    this.#lost += count;
    const now = this.#options.clock.now();
    if (this.#isFailing && now - this.#toldAt < AGAIN_MS) return;
    this.#isFailing = true;
    this.#toldAt = now;
    this.#options.log.warn(`Cannot keep records of models: ${describeThrown(error).message}`, { lost: this.#lost });
  }
}
