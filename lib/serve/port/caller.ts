import type { HangUps } from "./hang_ups.ts";

/** Who asks: whether they still wait. */
export type Caller = Pick<Request, "signal">;

/** What `Deno.serve` tells of a request. */
type Info = Pick<Deno.ServeHandlerInfo<Deno.NetAddr>, "remoteAddr" | "completed">;

/** A caller at a port of `Deno.serve`, whose signal aborts when they hang up; it is asked for by requests that take long. */
export class WatchedCaller implements Caller {
  readonly #request: Request;
  readonly #info: Info;
  readonly #hangUps: Promise<HangUps | undefined>;
  #signal: AbortSignal | undefined;

  constructor(request: Request, info: Info, hangUps: Promise<HangUps | undefined>) {
    this.#request = request;
    this.#info = info;
    this.#hangUps = hangUps;
  }

  /** Aborts when they have left: within half a second, or some seconds where the machine has many connections. */
  get signal(): AbortSignal {
    return this.#signal ??= this.#watch();
  }

  #watch(): AbortSignal {
    const { signal } = this.#request;
    if (signal.aborted) return signal;
    const { remoteAddr, completed } = this.#info;
    const leaving = new AbortController();
    let isOver = false;
    const over = () => void (isOver = true);
    completed.then(over, over);
    void this.#hangUps.then((hangUps) => {
      if (isOver) return;
      const end = hangUps?.watch(remoteAddr, () => leaving.abort());
      completed.then(end, end);
    });
    return AbortSignal.any([signal, leaving.signal]);
  }
}
