import { untilAsked } from "./until_asked.ts";

/** What is loaded, and until when. */
export interface LoadGuard {
  /** The module, for messages. */
  readonly path: string;
  /** Aborted where somebody asks to end, and this thread hears it: then the caller says what comes of it. */
  readonly signal: AbortSignal;
  /** How long it may take, in milliseconds, where nothing in this thread can say that it is over. Default: for ever. */
  readonly leftMs?: number | undefined;
}

/** What the thread is told. */
export interface GuardWish {
  readonly path: string;
  readonly leftMs: number | undefined;
}

/**
 * Loads a module of a person's, whose top level may go round and round: then no timer and no signal is heard in this thread. Another one
 * hears them, says so, and ends the process.
 */
export async function guardLoading<Value>(
  load: () => Promise<Value>,
  { path, signal, leftMs }: LoadGuard,
): Promise<Value> {
  const guard = new Worker(new URL("./loading_guard.ts", import.meta.url), { type: "module" });
  try {
    const ready = Promise.withResolvers<void>();
    guard.onmessage = () => ready.resolve();
    guard.onerror = (event) => { // it may not: so be it
      event.preventDefault();
      ready.resolve();
    };
    guard.postMessage({ path, leftMs } satisfies GuardWish);
    await Promise.race([ready.promise, untilAsked(signal)]);
    void untilAsked(signal).then(() => guard.terminate());
    return await load();
  } finally {
    guard.terminate();
  }
}
