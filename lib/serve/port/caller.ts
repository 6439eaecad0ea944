import type { HangUps } from "./hang_ups.ts";

/** Who asks: whether they still wait. */
export type Caller = Pick<Request, "signal">;

/** What `Deno.serve` tells of a request. */
type Info = Pick<Deno.ServeHandlerInfo<Deno.NetAddr>, "remoteAddr" | "completed">;

/** A caller at a port of `Deno.serve`, whose signal aborts when they hang up; it is asked for by requests that take long. */
export class WatchedCaller implements Caller {
  readonly #request: Request;
  readonly #info: Info;
  readonly #hangUps: HangUps;
  #signal: AbortSignal | undefined;

  constructor(request: Request, info: Info, hangUps: HangUps) {
    this.#request = request;
    this.#info = info;
    this.#hangUps = hangUps;
  }

  /** Aborts when they have left, within half a second. */
  get signal(): AbortSignal {
    return this.#signal ??= this.#watch();
  }

  #watch(): AbortSignal {
    const { signal } = this.#request;
    if (signal.aborted) return signal;
    const leaving = new AbortController();
    const end = this.#hangUps.watch(this.#info.remoteAddr, () => leaving.abort());
    this.#info.completed.then(end, end);
    return AbortSignal.any([signal, leaving.signal]);
  }
}
