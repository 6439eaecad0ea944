import { StreamError } from "../errors.ts";
import { checkScheme, type StreamOptions } from "./open_stream.ts";
import type { NewRecord, Stream } from "./stream.ts";

/** A record as its stream takes it, not published yet; the stream that sealed it knows the rest. */
export interface Sealed {
  /** How much it takes, about. */
  readonly bytes: number;
}

/** One of the streams where what becomes of records goes does not take it: so nothing of it is kept. */
export class OutputError extends StreamError {
  /** The path of that stream. */
  readonly output: string;

  constructor(message: string, output: string, options?: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}

/** Where what becomes of records goes. */
export interface ExchangeOutput {
  /**
   * Makes ready what `Exchange.commit` publishes, one for each record.
   *
   * @throws {StreamError} If one cannot travel, or is larger than the stream takes.
   */
  seal(records: readonly NewRecord[]): readonly Sealed[];
  close(): Promise<void>;
}

/**
 * A stream whose records are exchanged for what becomes of them: that they are acknowledged and what is published is kept together, or not
 * at all. One at a time: what is acknowledged between two `commit` belongs together.
 */
export interface Exchange {
  /** What is read. Its `ack` and `bury` are kept with the next `commit`: of each partition all up to a record, none behind one that is not done. */
  readonly input: Stream;
  /**
   * Opens a stream for what becomes of the records.
   *
   * @throws {StreamError} If it cannot be had, or does not lie where the input does.
   */
  output(path: string): Promise<ExchangeOutput>;
  /**
   * Publishes what was sealed, in order, and keeps what was acknowledged since the last time.
   *
   * @throws {TakenError} If the records are others' by now.
   * @throws {OutputError} If it is known which output takes nothing.
   * @throws {StreamError} If nothing of it is kept, or nobody knows: then the records come again that are not.
   */
  commit(sealed: readonly Sealed[]): Promise<void>;
  /** What was acknowledged or buried since the last time comes again. */
  discard(): Promise<void>;
}

/**
 * Opens a stream whose records are exchanged for what becomes of them.
 *
 * @throws {StreamError} If streams of its kind cannot do that, or it cannot be opened.
 */
export async function openExchange(path: string, options: StreamOptions = {}): Promise<Exchange> {
  if (checkScheme(path) !== "kafka") {
    throw new StreamError(`Cannot read ${path} exactly once: only Kafka's transactions can, so it must be kafka://…`);
  }
  const { openKafkaExchange } = await import("./kafka/open_kafka.ts");
  return await openKafkaExchange(path, options);
}
