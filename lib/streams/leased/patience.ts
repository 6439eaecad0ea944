/** How long to wait for a broker, in milliseconds. */
export interface Patience {
  /** For the first connection. */
  readonly connectMs: number;
  /** For an answer, connections that are lost and had again included. */
  readonly answerMs: number;
}

/** How often a quiet connection is tried; after three times without an answer it is given up. */
export const PING_MS = 5_000;

/** A server may start again in the time; whoever publishes does not hang for ever. */
export const PATIENCE: Patience = { connectMs: 5_000, answerMs: 30_000 };
