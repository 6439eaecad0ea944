import { describeThrown } from "../errors.ts";
import type { Feeder } from "../flow/feeder.ts";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { Stream } from "../streams/stream.ts";
import type { KeptTicks, TickKeeper } from "./tick_keeper.ts";
import { type Times, timesOf } from "./times.ts";
import type { ScheduleTrigger } from "./trigger.ts";

/** What a schedule works with. */
export interface ScheduleParts {
  readonly name: string;
  readonly trigger: ScheduleTrigger;
  /** Gets a record for each time, and the group that reads it. */
  readonly stream: Stream;
  readonly group: string;
  readonly keeper: TickKeeper;
  readonly clock: Clock;
  readonly log: Log;
}

const LATE_MS = 60_000; // who looks so long after a time has missed it
const AHEAD_MS = 60_000; // what is kept of a time so far ahead is of a clock that was wrong
const LONGEST_WAIT_MS = 30_000; // a machine that slept finds out within that
const PAUSE_MS = 1_000; // before what failed is tried again
const COUNTED = 1_000;

/**
 * Publishes a record at each of its times; the stream's group works on them as on any others. Of all processes with the same keeper one
 * does so: who comes first, for each time anew.
 */
export class Schedule implements Feeder {
  readonly #parts: ScheduleParts;
  readonly #times: Times;
  #published = -Infinity; // what was published, and could not be kept
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #hasLooked = false;
  #isStopped = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#times = timesOf(parts.trigger);
  }

  /** Looks what has come since it was last looked; before `start` too, so that what cannot be kept or published is told then. */
  async look(): Promise<void> {
    const { keeper, group, name, stream } = this.#parts;
    await keeper.change({ group, name }, (kept) => this.#catchUp(kept));
    stream.expectNews?.(); // another process may have been first, and has published by now
  }

  /** Begins to go by its times. */
  start(): void {
    const { clock } = this.#parts;
    const now = clock.now();
    this.#wait((this.#times.after(now) ?? Infinity) - now);
  }

  /** No further time comes; resolves when what was being published is. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #wait(waitMs: number): void {
    if (this.#isStopped || waitMs === Infinity) return; // its last time has been
    const { clock, log, name } = this.#parts;
    this.#cancel = clock.schedule(clock === SYSTEM_CLOCK ? Math.min(waitMs, LONGEST_WAIT_MS) : waitMs, () => {
      this.#looking = this.look().then(() => this.start(), (error) => {
        log.error(`Schedule ${name} cannot go on, trying again: ${describeThrown(error).message}`, { schedule: name });
        this.#wait(PAUSE_MS);
      });
    });
  }

  /** What is kept from now on; undefined where no time has come. */
  async #catchUp(kept: KeptTicks | undefined): Promise<KeptTicks | undefined> {
    const { clock, trigger: { missed: whenMissed = "skip" } } = this.#parts;
    const now = clock.now();
    if (kept === undefined) return { ...this.#place(now), fired: 0, skipped: 0, missed: 0 };
    const last = Date.parse(kept.last);
    const hasOthers = !this.#hasLooked && this.#place(last).next !== kept.next; // it has other times than before
    this.#hasLooked = true;
    if (hasOthers || last > now + AHEAD_MS) return { ...kept, ...this.#place(now) };
    const newest = this.#times.upTo(now);
    if (newest === undefined || newest <= last) return undefined;
    const isMissed = now - newest > LATE_MS && whenMissed === "skip";
    const missed = Math.min(COUNTED, this.#count(last, newest) - (isMissed ? 0 : 1));
    if (missed > 0) this.#tellMissed(missed, isMissed ? newest : this.#times.upTo(newest - 1)!);
    const outcome = isMissed ? undefined : await this.#fire(newest);
    return {
      ...this.#place(newest),
      fired: kept.fired + (outcome === "fired" ? 1 : 0),
      skipped: kept.skipped + (outcome === "skipped" ? 1 : 0),
      missed: kept.missed + missed,
    };
  }

  /** Where it stands, at or behind a time. */
  #place(time: number): Pick<KeptTicks, "last" | "next"> {
    const next = this.#times.after(time);
    return { last: new Date(time).toISOString(), next: next === undefined ? next : new Date(next).toISOString() };
  }

  async #fire(time: number): Promise<"fired" | "skipped"> {
    const { stream, group, name, log, trigger } = this.#parts;
    const { overlap = "skip", body = null, path = "/", key, headers = {} } = trigger;
    if (this.#published >= time) return "fired";
    const at = new Date(time);
    if (overlap === "skip" && await stream.lag(group) > 0) {
      log.warn(`Schedule ${name} leaves out ${at.toISOString()}: the event before is not done`, { schedule: name });
      return "skipped";
    }
    await stream.publish([{ id: `${name}@${at.toISOString()}`, body, path, key, headers, time: at }]);
    this.#published = time;
    return "fired";
  }

  /** How many times there are behind one up to another; no more than so many are counted. */
  #count(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to && count <= COUNTED; count++) at = this.#times.after(at) ?? Infinity;
    return count;
  }

  #tellMissed(count: number, last: number): void {
    const { log, name } = this.#parts;
    const many = count >= COUNTED ? `${COUNTED} times and more` : count === 1 ? "one time" : `${count} times`;
    log.warn(`Schedule ${name} has missed ${many}, the last ${new Date(last).toISOString()}: nothing ran it then`, {
      schedule: name,
    });
  }
}
