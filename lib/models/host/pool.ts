import { Host } from "./host.ts";
import type { ModelHome } from "./message.ts";
import { PoolSeat } from "./pool_seat.ts";
import { CLOSE_GRACE_MS, type Seat, type SeatOptions, tellLost } from "./seat.ts";

/** A place of the pool, and whose request is in it: one at a time, so that what ends it ends nothing else. */
interface PoolPlace {
  readonly host: Host;
  /** Stays when the place has ended, until nothing is left of it. */
  holder: PoolSeat | undefined;
  isClosing: boolean;
}

/**
 * Places that several models share, by turns; each begins when there is work for it, and ends with the pool.
 *
 * No model keeps the others waiting: what has waited for a while gets one place more, which neither a model that has all others can take
 * nor those together that ended a place and have not answered since. What is left of a place that has ended counts as a place, and who
 * could only have its is refused. As many places as the pool has may be lost for good: then they count no more.
 */
export class Pool {
  readonly #size: number;
  readonly #places = new Set<PoolPlace>();
  /** In whose stead others may begin. */
  readonly #lost = new Set<PoolPlace>();
  /** In the order of their turns. */
  #seats: PoolSeat[] = [];

  /** With so many places for any one model, 1 or more. */
  constructor(size: number) {
    this.#size = size;
  }

  /** A model's seat in the pool. */
  seat(options: SeatOptions): Seat {
    const seat = new PoolSeat(this, options);
    this.#seats.push(seat);
    return seat;
  }

  /** Gives work to whichever place is free for it. */
  next(): void {
    for (const seat of this.#seats) if (seat.isWaiting && this.isBarred(seat)) seat.refuseWaiting();
    for (;;) {
      const seat = this.#seats.find((seat) => seat.isWaiting && this.#mayWork(seat));
      if (seat === undefined) return;
      this.#seats = [...this.#seats.filter((other) => other !== seat), seat];
      const job = seat.nextJob();
      let place: PoolPlace;
      try {
        place = this.#free() ?? this.#begin(seat);
      } catch (error) { // a worker cannot even be started: no permission, no memory
        job.reject(error);
        continue;
      }
      place.holder = seat;
      job.run(place.host).catch(() => {}).finally(() => this.#done(place));
    }
  }

  /** Whether what is left of places that have ended takes all that a model might have. */
  isBarred(seat: PoolSeat): boolean {
    return this.#bars(seat, ({ host }) => host.ended !== undefined);
  }

  /** The same, for good. */
  isLost(seat: PoolSeat): boolean {
    return this.#bars(seat, ({ host }) => host.isLost);
  }

  /** Whether a model has ended a place of which something is left. */
  hasLeft(seat: PoolSeat): boolean {
    return [...this.#places].some(({ host, holder }) => holder === seat && host.ended !== undefined);
  }

  /** A model has left; with the last the places end. */
  async leave(seat: PoolSeat, home: ModelHome): Promise<void> {
    if (!this.#seats.includes(seat)) return;
    this.#seats = this.#seats.filter((other) => other !== seat);
    const places = [...this.#places];
    if (this.#seats.length > 0) return places.forEach(({ host }) => host.drop(home));
    for (const place of places) place.isClosing = true;
    await Promise.all(places.map(({ host }) => host.close(CLOSE_GRACE_MS)));
  }

  #bars(seat: PoolSeat, isLeft: (place: PoolPlace) => boolean): boolean {
    const left = [...this.#places].filter(isLeft);
    if (left.length > this.#size) return true;
    if (!seat.isSuspect) return false;
    return left.some(({ holder }) => holder === seat) ||
      left.filter(({ holder }) => holder?.isSuspect).length >= this.#size;
  }

  /** Whether a model may have one place more now, and there is one or may be. */
  #mayWork(seat: PoolSeat): boolean {
    const holders = [...this.#places].flatMap(({ holder }) => holder ?? []);
    const has = holders.filter((holder) => holder === seat).length;
    if (has >= (seat.isSuspect ? 1 : this.#size)) return false;
    if (seat.isSuspect && holders.filter(({ isSuspect }) => isSuspect).length >= this.#size) return false;
    if (this.#free() !== undefined || this.#places.size < this.#size) return true;
    return this.#places.size === this.#size && !seat.isSuspect && seat.isLate;
  }

  #free(): PoolPlace | undefined {
    return [...this.#places].find(({ host, holder, isClosing }) =>
      holder === undefined && !isClosing && host.ended === undefined
    );
  }

  #begin(seat: PoolSeat): PoolPlace {
    const host: Host = new Host({
      ...seat.options,
      onEnd: (why) => {
        if (!place.isClosing) place.holder?.fell(why);
        this.next();
      },
      onLost: () => {
        const { holder } = place;
        this.#giveUp();
        if (holder !== undefined) tellLost(holder.options, this.#lost.has(place));
        this.next();
      },
      onAnswer: () => place.holder?.answered(),
    });
    const place: PoolPlace = { host, holder: undefined, isClosing: false };
    this.#places.add(place);
    host.gone.then(() => {
      this.#places.delete(place);
      this.#lost.delete(place);
      this.#giveUp();
      this.next();
    });
    return place;
  }

  /** Counts places that are lost no more, as far as may be. */
  #giveUp(): void {
    for (const place of this.#places) {
      if (!place.host.isLost || this.#lost.size >= this.#size) continue;
      this.#places.delete(place);
      this.#lost.add(place);
    }
  }

  /** A caller who left does not free the place: what they asked for still runs there. */
  #done(place: PoolPlace): void {
    const { host } = place;
    if (host.ended !== undefined) return;
    if (host.inFlight > 0) return void host.idle().then(() => this.#done(place));
    place.holder = undefined;
    this.next();
  }
}
