import type { FlowEvent } from "../graph/event.ts";
import { type Listed, Roster } from "./roster.ts";

/** An event that a step keeps. */
interface Place extends Listed<Place> {
  readonly event: FlowEvent;
  readonly holding: Holding;
}

/** The events that one step keeps, in the order in which they came; an event is kept by one step at a time. */
export class Holding implements Iterable<FlowEvent> {
  readonly #places = new Roster<Place>();
  /** How many there are. */
  size = 0;

  /** Whether it is kept. */
  has({ place }: FlowEvent): boolean {
    return (place as Place | undefined)?.holding === this;
  }

  /** Keeps one more. */
  add(event: FlowEvent): void {
    if (this.has(event)) return;
    const place: Place = { event, holding: this, earlier: undefined, later: undefined };
    event.place = place;
    this.#places.add(place);
    this.size += 1;
  }

  /** Keeps it no more. */
  delete(event: FlowEvent): void {
    if (!this.has(event)) return;
    this.#places.delete(event.place as Place);
    event.place = undefined;
    this.size -= 1;
  }

  /** Those that are kept; whoever takes them out meanwhile has them in a list before. */
  *[Symbol.iterator](): Generator<FlowEvent> {
    for (let place = this.#places.first; place !== undefined; place = place.later) yield place.event;
  }
}
