import type { Reaction, StepScope } from "../../graph/operator.ts";
import type { Emission, Emitter } from "./emission.ts";
import type { KeyState, WindowTable } from "./window_table.ts";

/** Where the end of a period or window comes, and what is given out then. */
export interface BoundaryOptions {
  readonly everyMs: number;
  readonly delayMs: number;
  /** Gives out what the windows of a key hold at a time; `asOf` is what the event says it is of. */
  readonly give: (state: KeyState, time: number, asOf: number) => void;
}

/** Every key is given out at each boundary of the clock, counted from 1970. */
export class OnBoundary implements Emission {
  readonly #options: BoundaryOptions;
  readonly #windows: WindowTable;
  readonly #scope: StepScope;
  readonly #changed = new Set<KeyState>();
  #cancel: (() => void) | undefined;

  constructor(options: BoundaryOptions, windows: WindowTable, scope: StepScope) {
    this.#options = options;
    this.#windows = windows;
    this.#scope = scope;
  }

  take({ state }: Emitter): Reaction {
    this.#changed.add(state);
    if (this.#cancel === undefined) this.#wait(-Infinity);
    return [];
  }

  takeLate(): Reaction {
    return [];
  }

  flush(): void {
    this.close();
    for (const state of [...this.#changed]) this.#options.give(state, state.newest, state.newest);
    this.#changed.clear();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(last: number): void {
    const { everyMs, delayMs } = this.#options;
    const now = this.#scope.clock.now();
    const boundary = Math.max((Math.floor((now - delayMs) / everyMs) + 1) * everyMs, last + everyMs);
    this.#cancel = this.#scope.clock.schedule(boundary + delayMs - now, () => this.#giveAll(boundary));
  }

  #giveAll(boundary: number): void {
    this.#windows.forget(this.#scope.clock.now(), boundary);
    this.#changed.clear();
    for (const state of [...this.#windows.states]) this.#options.give(state, boundary - 1, boundary);
    this.#wait(boundary);
  }
}
