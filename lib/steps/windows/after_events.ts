import type { FlowEvent } from "../../graph/event.ts";
import { laterOf } from "../../graph/later.ts";
import { HELD, type Reaction, type StepScope } from "../../graph/operator.ts";
import type { Emission, Emitter } from "./emission.ts";
import type { KeyState } from "./window_table.ts";

interface Pending {
  events: number;
  held: Emitter | undefined;
  cancel: (() => void) | undefined;
}

/** The n-th event of a key goes on; or the latest, after a while. */
export class AfterEvents implements Emission {
  readonly #afterEvents: number;
  readonly #timeoutMs: number | undefined;
  readonly #scope: StepScope;
  readonly #pending = new WeakMap<KeyState, Pending>(); // gone when the key is forgotten
  readonly #holding = new Set<Pending>();

  constructor(policy: { readonly afterEvents: number; readonly timeoutMs?: number | undefined }, scope: StepScope) {
    this.#afterEvents = policy.afterEvents;
    this.#timeoutMs = policy.timeoutMs;
    this.#scope = scope;
  }

  take(emitter: Emitter): Reaction | Promise<Reaction> {
    const { state, finish } = emitter;
    const pending = this.#pending.get(state) ?? { events: 0, held: undefined, cancel: undefined };
    this.#pending.set(state, pending);
    pending.events += 1;
    const isFirst = pending.held === undefined;
    if (pending.held !== undefined) this.#scope.end(pending.held.event);
    if (pending.events >= this.#afterEvents) {
      this.#reset(pending);
      return finish();
    }
    if (this.#timeoutMs === undefined) return [];
    pending.held = emitter;
    this.#holding.add(pending);
    if (isFirst) pending.cancel = this.#scope.clock.schedule(this.#timeoutMs, () => this.#release(pending));
    return HELD;
  }

  takeLate(): Reaction {
    return [];
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#holding].map((pending) => this.#release(pending)));
  }

  close(): void {
    for (const pending of this.#holding) pending.cancel?.();
  }

  #reset(pending: Pending): void {
    pending.cancel?.();
    pending.events = 0;
    pending.held = pending.cancel = undefined;
    this.#holding.delete(pending);
  }

  /** Gives out the event that is held; resolves when it is on its way. */
  #release(pending: Pending): void | Promise<void> {
    const { event, finish } = pending.held!;
    this.#reset(pending);
    const fail = (error: unknown) => this.#scope.fail(event, error);
    let finished: FlowEvent | Promise<FlowEvent>;
    try {
      finished = finish();
    } catch (error) {
      return fail(error);
    }
    const later = laterOf(finished);
    if (later !== undefined) return later.then((one) => void this.#scope.release(one), fail);
    this.#scope.release(finished as FlowEvent);
  }
}
