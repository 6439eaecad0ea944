/** Where a route runs: in the flow's own thread, in a worker, in a process. */

/**
 * `inline` (default): in the flow's own thread. `pool`: in one of a few workers that the function's models share by turns; each has one
 * request at a time, until its reply has ended, also where that streams. `worker`: in a worker of its own. `process`: in a process of its
 * own, which alone keeps apart what a model takes outside of its JavaScript heap, such as tensors, and what crashes in native code, and which
 * alone can be ended whatever it does.
 *
 * A worker whose call is in a loop is broken off. Behind an `await` of the model it cannot be: its thread takes a core until the program
 * ends. Its model is answered with 503 for half a minute and gets another worker then, twice; in a pool as often as that has workers. After
 * that it stays 503, and the server says that it does not live; the others answer. Else no worker or process begins until nothing is left of
 * the last.
 *
 * A worker may do what its program may; it needs `--allow-read` for the modules. A process needs `--allow-run` for Deno and
 * `--allow-env=NODE_V8_COVERAGE,DENO_DIR` besides, and goes by the nearest `deno.json` of its module. It may do what its program may, as far as Deno
 * tells: what is granted as a whole, and of some files and hosts only those that Levada, the module and the route's arguments name. Else say
 * it by `flags`.
 */
export type MechanismKind = "inline" | "pool" | "worker" | "process";

/** Where a model runs, and what it may take there. */
export interface MechanismOptions {
  /** See {@link MechanismKind}. */
  kind: MechanismKind;
  /**
   * A request that takes longer, in milliseconds, is answered 504, and its worker or process is ended and begun anew; of a reply in chunks,
   * each chunk. Who reads on none for so long is given up as well. Default: 60,000.
   */
  timeLimitMs?: number;
  /**
   * Megabytes of memory that a process may take in all. Default: 2,048. Of a worker only the JavaScript heap can be limited, and is, to
   * 2,048 too; its tensors lie outside, so that the option is refused there.
   */
  memoryLimitMb?: number;
  /**
   * How many workers the pool has, and any one model at most; one more begins for a request, or the loading of a model, that has waited
   * for half a second, so that a model that hangs in all of them does not stop the others. Models with the same number share a pool. Default: one for each core.
   */
  workers?: number;
  /**
   * What Deno is told for a process, in place of what its program may: `["--allow-read=/app", "--allow-net=db:5432"]`. It is the last word:
   * a program may give its models more than it has itself.
   */
  flags?: readonly string[];
}

/** Where a model runs; a name stands for its defaults. */
export type Mechanism = MechanismKind | MechanismOptions;
