import { StreamError } from "../errors.ts";
import { checkScheme, type StreamOptions } from "./open_stream.ts";
import type { Stream } from "./stream.ts";

/**
 * A stream whose records are exchanged for what becomes of them: that they are acknowledged and what was published meanwhile is kept
 * together, or not at all. One at a time: what is acknowledged and published between two `commit` belongs together.
 */
export interface Exchange {
  /** What is read. Its `ack` and `bury` are kept with the next `commit`: of each partition all up to a record, none behind one that is not done. */
  readonly input: Stream;
  /**
   * Opens a stream for what becomes of the records: what is published into it is kept with the next `commit`.
   *
   * @throws {StreamError} If it cannot be had, or does not lie where the input does.
   */
  output(path: string): Promise<Stream>;
  /**
   * Keeps what was acknowledged and published since the last time.
   *
   * @throws {StreamError} If nothing of it is kept, or nobody knows: then the records come again that are not.
   */
  commit(): Promise<void>;
  /** Forgets what was published since the last time; what was acknowledged since comes again. */
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
