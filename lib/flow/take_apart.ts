import type { FlowEvent } from "../graph/event.ts";
import { type Trip, tripOf } from "./trip.ts";

/**
 * Puts what a step made of one event on its way. Where that event was joined of as many, each is a member's: its id, key, path and
 * time, and whoever waits for it, are its own again. Else all are branches of the one trip.
 */
export function takeApart(trip: Trip, made: readonly FlowEvent[]): readonly FlowEvent[] {
  const { parents, members } = trip;
  if (members?.length === made.length) {
    const alive = new Set(parents); // without those that were given up meanwhile: nobody waits for their items
    const areParts = new Set(members.map(({ origin }) => origin)).size < members.length; // of one event: no longer, as items
    return made.flatMap((item, index) => {
      const member = members[index]!;
      if (!alive.has(tripOf(member))) return [];
      tripOf(member).enter();
      return givenBack(member, item, areParts);
    });
  }
  if (made.length > 1) { for (const item of made) item.origin = {}; }
  for (const item of made) item.track = trip;
  trip.enter(made.length);
  return made;
}

function givenBack(member: FlowEvent, { body, error, chunk }: FlowEvent, isPart: boolean): FlowEvent {
  const own = member.with(body);
  if (isPart) own.origin = {};
  own.error = error ?? own.error;
  own.chunk = chunk;
  return own;
}
