import { StatusError } from "../../errors.ts";
import { Deadlines, type Due } from "../../flow/deadlines.ts";
import type { Clock } from "../../graph/clock.ts";
import type { AllLimits } from "./server_limits.ts";

/** A request that waits for its turn. */
interface Waiter {
  readonly lane: Lane;
  readonly enter: () => void;
  readonly refuse: (reason: unknown) => void;
  due?: Due<Waiter>;
}

/** The requests for one model. */
export interface Lane {
  readonly model: string;
  running: number;
  readonly waiting: Set<Waiter>;
}

const RETRY_AFTER_MS = 1_000;
const IDLE_LANES = 1_000; // kept: names come from callers, and making a lane anew costs each request

/**
 * Lets so many requests in at once. Whoever has to wait waits behind those for the same model; the models take turns, so that the
 * queue of one does not hold up the others.
 */
export class Admission {
  readonly #limits: AllLimits;
  readonly #lanes = new Map<string, Lane>();
  /** The lanes in which somebody waits, the next one first. */
  readonly #turns = new Set<Lane>();
  readonly #overdue: Deadlines<Waiter>;
  #running = 0;
  #waiting = 0;
  #closed: { readonly reason: unknown } | undefined;

  constructor(limits: AllLimits, clock: Clock) {
    this.#limits = limits;
    this.#overdue = new Deadlines(clock, limits.queueTimeoutMs, (waiter) => this.#refuse(waiter, late(limits)));
  }

  /** The requests for a model. */
  lane(model: string): Lane {
    const known = this.#lanes.get(model);
    if (known !== undefined) return known;
    if (this.#lanes.size >= IDLE_LANES) this.#forget();
    const lane: Lane = { model, running: 0, waiting: new Set() };
    this.#lanes.set(model, lane);
    return lane;
  }

  /** How many requests wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a request would be refused at once: asked before its body is read. */
  isFull(lane: Lane): boolean {
    return !this.#hasRoom(lane) &&
      (this.#waiting >= this.#limits.maxQueued || lane.waiting.size >= this.#limits.maxQueuedPerModel);
  }

  /** Lets a request in that need not wait; tells whether it is in. */
  tryEnter(lane: Lane): boolean {
    if (!this.#hasRoom(lane) || lane.waiting.size > 0) return false;
    this.#take(lane);
    return true;
  }

  /**
   * Waits for the request's turn.
   *
   * @throws {StatusError} 503 where too many wait, or it has waited too long; 499 where the caller leaves.
   */
  enter(lane: Lane, signal: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed.reason);
    if (this.isFull(lane)) return Promise.reject(full(lane));
    return new Promise<void>((resolve, reject) => {
      const leave = () => this.#refuse(waiter, new StatusError(499, "The caller left before its turn came"));
      const end = () => signal.removeEventListener("abort", leave);
      const waiter: Waiter = {
        lane,
        enter: () => (end(), resolve()),
        refuse: (reason) => (end(), reject(reason)),
      };
      this.#lanes.set(lane.model, lane); // it may have been forgotten while its request's body was read
      lane.waiting.add(waiter);
      this.#turns.add(lane);
      this.#waiting += 1;
      waiter.due = this.#overdue.add(waiter);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave);
    });
  }

  /** Whether somebody waits who could enter if one left a lane. */
  wants(lane: Lane): boolean {
    return lane.waiting.size > 0 || this.#waiting > 0 && this.#running >= this.#limits.maxConcurrent;
  }

  /** A request that was let in is done: the next may enter. */
  leave(lane: Lane): void {
    this.#running -= 1;
    lane.running -= 1;
    if (this.#turns.size > 0) this.#letIn();
  }

  /** Refuses everybody who waits, or would have to. */
  close(reason: unknown): void {
    this.#closed = { reason };
    for (const { waiting } of [...this.#lanes.values()]) {
      for (const waiter of [...waiting]) this.#refuse(waiter, reason);
    }
    this.#overdue.close();
  }

  #hasRoom(lane: Lane): boolean {
    return this.#running < this.#limits.maxConcurrent && lane.running < this.#limits.maxConcurrentPerModel;
  }

  #take(lane: Lane): void {
    this.#running += 1;
    lane.running += 1;
  }

  #letIn(): void {
    for (const lane of this.#turns) {
      if (this.#running >= this.#limits.maxConcurrent) return;
      if (!this.#hasRoom(lane)) continue;
      const [waiter] = lane.waiting;
      this.#remove(waiter!);
      if (lane.waiting.size > 0) { // behind the others
        this.#turns.delete(lane);
        this.#turns.add(lane);
      }
      this.#take(lane);
      waiter!.enter();
    }
  }

  #refuse(waiter: Waiter, reason: unknown): void {
    this.#remove(waiter);
    waiter.refuse(reason);
  }

  #remove(waiter: Waiter): void {
    const { lane } = waiter;
    lane.waiting.delete(waiter);
    this.#waiting -= 1;
    if (waiter.due !== undefined) this.#overdue.delete(waiter.due);
    if (lane.waiting.size === 0) this.#turns.delete(lane);
  }

  #forget(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.running === 0 && lane.waiting.size === 0) this.#lanes.delete(lane.model);
    }
  }
}

/** 503: the server has enough to do. */
export function full({ model }: Lane): StatusError {
  const whose = model === "" ? "" : ` for model "${model.slice(0, 100)}"`;
  return new StatusError(503, `Cannot take a request${whose}: too many wait already`, { retryAfterMs: RETRY_AFTER_MS });
}

function late({ queueTimeoutMs }: AllLimits): StatusError {
  return new StatusError(503, `Cannot take the request: its turn has not come after ${queueTimeoutMs} ms`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
