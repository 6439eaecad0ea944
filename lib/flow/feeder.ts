/** What publishes into a stream for as long as a flow is fed from it. */
export interface Feeder {
  /** Begins. */
  start(): void;
  /** Begins nothing new; resolves when what it was publishing is published. */
  stop(): Promise<void>;
}
