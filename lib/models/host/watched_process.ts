/** What a model's process is watched by, see `watch_process.ts`. */
export interface Watched {
  /** The program's process; asked later it could be another's already. */
  readonly parent: number;
  /** All that the process may take. */
  readonly memoryLimitMb: number;
}

/** What ends a process that takes too much: a signal that nothing else sends. */
export const MEMORY_SIGNAL = "SIGUSR2";
