import type { FlowEvent } from "../../graph/event.ts";
import { HELD, type Operator, type Reaction, type StepScope } from "../../graph/operator.ts";

/** Where rows go. */
export interface RowSink<Row> {
  /** Makes a row of an event. What it throws fails this event alone. */
  rowOf(event: FlowEvent): Row;
  /** Writes rows, all or none. */
  write(rows: readonly Row[]): Promise<void>;
  /** Whether some rows are at fault, and not the place: then the others are written. Default: never. */
  isRowFault?(error: unknown): boolean;
  /** Called once when nothing more comes. */
  close?(): Promise<void>;
}

/** When rows are written. */
export interface RowWriterOptions {
  /** As soon as there are so many; `Infinity` for when the flow closes. */
  readonly maxEvents: number;
  /** So many milliseconds after the first of them came. */
  readonly flushAfterMs: number | undefined;
}

interface Held<Row> {
  readonly event: FlowEvent;
  readonly row: Row;
}

/**
 * Holds events until their rows are written, then lets them go on; those that cannot be written fail. One piece is written at a
 * time while the next one fills; an event that finds that one full waits, which is the back-pressure.
 */
export class RowWriter<Row> implements Operator {
  readonly #sink: RowSink<Row>;
  readonly #options: RowWriterOptions;
  readonly #scope: StepScope;
  readonly #waiting: (() => void)[] = [];
  #filling: Held<Row>[] = [];
  #isDue = false;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  /** Takes a sink that is open, and closes it in the end. */
  constructor(sink: RowSink<Row>, options: RowWriterOptions, scope: StepScope) {
    this.#sink = sink;
    this.#options = options;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    if (this.#filling.length < this.#options.maxEvents) return this.#take(event);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try { // whoever gave up waiting has been answered already
          resolve(event.track?.signal.aborted === true ? HELD : this.#take(event));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Writes all there is. */
  async flush(): Promise<void> {
    while (this.#filling.length > 0 || this.#running !== undefined) {
      this.#begin();
      await this.#running;
    }
  }

  async close(): Promise<void> {
    this.#cancel?.();
    await this.#sink.close?.();
  }

  #take(event: FlowEvent): typeof HELD {
    this.#filling.push({ event, row: this.#sink.rowOf(event) });
    const { maxEvents, flushAfterMs } = this.#options;
    if (this.#filling.length >= maxEvents) this.#begin();
    else if (this.#filling.length === 1 && flushAfterMs !== undefined) {
      this.#cancel = this.#scope.clock.schedule(flushAfterMs, () => this.#begin());
    }
    return HELD;
  }

  /** Writes what is there, after what is being written now. */
  #begin(): void {
    this.#isDue = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isDue && this.#filling.length > 0) {
      this.#isDue = false;
      this.#cancel?.();
      this.#cancel = undefined;
      const piece = this.#filling;
      this.#filling = [];
      while (this.#waiting.length > 0 && this.#filling.length < this.#options.maxEvents) this.#waiting.shift()!();
      await this.#write(piece);
    }
    this.#isDue = false;
    this.#running = undefined;
  }

  async #write(piece: readonly Held<Row>[]): Promise<void> {
    try {
      await this.#sink.write(piece.map(({ row }) => row));
    } catch (error) {
      if (piece.length > 1 && this.#sink.isRowFault?.(error)) {
        const half = piece.length >> 1;
        await this.#write(piece.slice(0, half));
        await this.#write(piece.slice(half));
        return;
      }
      for (const { event } of piece) this.#settle(event, () => this.#scope.fail(event, error));
      return;
    }
    for (const { event } of piece) this.#settle(event, () => this.#scope.release(event));
  }

  /** One event that is not held any more does not stop the writer. */
  #settle(event: FlowEvent, settle: () => unknown): void {
    try {
      settle();
    } catch (error) {
      this.#scope.context.pushError(event, error as Error);
    }
  }
}
