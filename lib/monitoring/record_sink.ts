/** A record as it is written. */
export interface SinkRecord {
  /** What monitoring calls the model: its records keep their order. */
  readonly endpoint: string;
  /** JSON on one line. */
  readonly text: string;
}

/** Where records go. */
export interface RecordSink {
  /** Tries whether records can be kept; rejects where they cannot. */
  open?(): Promise<void>;
  /** Keeps records; resolves when they are safe. */
  write(records: readonly SinkRecord[]): Promise<void>;
  /** Lets go of what it opened. */
  close(): Promise<void>;
}
