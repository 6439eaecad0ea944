import type { FlowEvent } from "../graph/event.ts";

/** An event at a step that answers later. */
export interface Visit {
  readonly event: FlowEvent;
  readonly lane: string | undefined;
  isStarted: boolean;
  /** Where it stands among the events inside; the engine's own. */
  place: number;
  /** What follows from the step's answer; set when the answer is there. */
  follow: (() => void) | undefined;
}

/**
 * Keeps order at one step that answers later: events of one lane leave it as they came. Without a limit, one event of a lane is
 * worked on at a time, and any number without a lane; with one, so many in all.
 */
export class Gate {
  readonly #limit: number | undefined;
  readonly #start: (visit: Visit) => void;
  readonly #lanes = new Map<string, Visit[]>();
  readonly #waiting: Visit[] = [];
  readonly #dirty: (string | undefined)[] = [];
  #running = 0;
  #isLooking = false;
  /** The events inside: worked on, or waiting; in no order. */
  readonly inside: Visit[] = [];

  /** `start` is called for an event that had to wait, when it is its turn; it ends in `settle`. */
  constructor(limit: number | undefined, start: (visit: Visit) => void) {
    this.#limit = limit;
    this.#start = start;
  }

  /** Takes an event in that has to wait for others; undefined where it may be worked on at once. */
  keep(event: FlowEvent): Visit | undefined {
    const lane = laneOf(event);
    const mayStart = this.#limit === undefined
      ? lane === undefined || !this.#lanes.has(lane)
      : this.#running < this.#limit && this.#waiting.length === 0;
    if (mayStart) return undefined;
    const visit: Visit = { event, lane, isStarted: false, place: 0, follow: undefined };
    this.#enter(visit);
    if (this.#limit !== undefined) this.#waiting.push(visit);
    return visit;
  }

  /** An event is worked on that did not have to wait, and will answer later. */
  begin(event: FlowEvent): Visit {
    const visit: Visit = { event, lane: laneOf(event), isStarted: true, place: 0, follow: undefined };
    this.#enter(visit);
    this.#running += 1;
    return visit;
  }

  /** The answer is there: `follow` is called when the events before it in its lane have left. Only the first answer counts. */
  settle(visit: Visit, follow: () => void): void {
    if (visit.follow !== undefined) return;
    visit.follow = follow;
    if (visit.isStarted) this.#running -= 1;
    visit.isStarted = true;
    if (visit.lane === undefined) {
      this.#leave(visit);
      follow();
      if (this.#limit === undefined) return; // nothing waits for it
    }
    this.#dirty.push(visit.lane);
    if (!this.#isLooking) this.#look();
  }

  #enter(visit: Visit): void {
    visit.place = this.inside.push(visit) - 1;
    if (visit.lane === undefined) return;
    const lane = this.#lanes.get(visit.lane);
    if (lane === undefined) this.#lanes.set(visit.lane, [visit]);
    else lane.push(visit);
  }

  #leave(visit: Visit): void {
    const last = this.inside.pop()!; // takes the place of the one that leaves: a list costs a fraction of a set
    if (last === visit) return;
    this.inside[visit.place] = last;
    last.place = visit.place;
  }

  #look(): void {
    this.#isLooking = true;
    try {
      while (this.#dirty.length > 0) {
        const lane = this.#dirty.pop();
        if (lane !== undefined) this.#letOut(lane);
        while (this.#running < (this.#limit ?? 0) && this.#waiting.length > 0) this.#begin(this.#waiting.shift()!);
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #letOut(name: string): void {
    const lane = this.#lanes.get(name);
    for (let first = lane?.[0]; lane !== undefined && first !== undefined; first = lane[0]) {
      if (first.follow !== undefined) {
        lane.shift();
        this.#leave(first);
        first.follow();
      } else if (this.#limit === undefined && !first.isStarted) {
        this.#begin(first);
      } else {
        return;
      }
    }
    this.#lanes.delete(name);
  }

  #begin(visit: Visit): void {
    if (visit.follow !== undefined) return; // given up while it waited
    visit.isStarted = true;
    this.#running += 1;
    this.#start(visit);
  }
}

function laneOf({ lane, key }: FlowEvent): string | undefined {
  if (lane !== undefined) return lane;
  if (key === undefined) return undefined;
  return typeof key === "string" ? `key ${key}` : `key of type ${typeof key}`; // a step may have set anything
}
