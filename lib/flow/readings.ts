import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Refusal } from "./check_input.ts";
import type { Traffic } from "./traffic.ts";
import type { Trip } from "./trip.ts";

/** An event that is being read. */
export interface Reading {
  readonly event: FlowEvent;
  /** It fails, whatever its schema says later. */
  giveUp(error: unknown): void;
}

/** Events whose schema waits for something before it has read them: they are under way meanwhile, and come in in the order of their lane. */
export class Readings {
  readonly #traffic: Traffic;
  readonly #open = new Set<Reading>();
  readonly #lanes = new Map<string, Promise<unknown>>();

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** Those that are not read yet. */
  get open(): readonly Reading[] {
    return [...this.#open];
  }

  /** Lets an event go on when it is read; resolves then, with the refusal where it does not fit. */
  hold(
    { event, trip, check }: { event: FlowEvent; trip: Trip; check: Promise<Refusal | undefined> },
    go: () => void,
  ): Promise<Refusal | undefined> {
    event.track = trip;
    trip.enter();
    this.#traffic.onWait(1, event, undefined);
    return new Promise((resolve) => {
      const end = (refusal: Refusal | undefined) => {
        if (!this.#open.delete(reading)) return; // it was given up
        this.#traffic.onWait(-1, event, undefined);
        if (refusal === undefined) go();
        else {
          trip.note(refusal.error);
          trip.settle(refusal);
        }
        trip.leave("input");
        resolve(refusal);
      };
      const reading: Reading = {
        event,
        giveUp: (error) => end({ kind: "failed", error: new StepError("input", error) }),
      };
      this.#open.add(reading);
      (trip.visits ??= []).push(() => reading.giveUp(trip.signal.reason));
      this.#inTurn(event.key ?? event.lane, check).then(end);
    });
  }

  #inTurn<Result>(lane: string | undefined, check: Promise<Result>): Promise<Result> {
    if (lane === undefined) return check;
    const turn = Promise.all([check, this.#lanes.get(lane)]).then(([result]) => result);
    this.#lanes.set(lane, turn);
    return turn.finally(() => this.#lanes.get(lane) === turn && this.#lanes.delete(lane));
  }
}
