/** Where records go. */
export interface RecordSink {
  /**
   * Keeps records; resolves when they are safe.
   *
   * @param records JSON, one line each.
   */
  write(records: readonly string[]): Promise<void>;
  /** Lets go of what it opened. */
  close(): Promise<void>;
}
