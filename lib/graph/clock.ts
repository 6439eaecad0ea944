/** Time, handed in: a running flow waits and measures by nothing else, so a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after so many milliseconds, unless what it returns is called before. */
  schedule(afterMs: number, run: () => void): () => void;
}
