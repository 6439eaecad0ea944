import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { Heartbeat } from "../heartbeat.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { BrokerLog, Document } from "./broker_log.ts";
import { type CursorState, LeasedCursor } from "./leased_cursor.ts";
import { readState, writeState } from "./state_text.ts";

/** What a member is made of. */
export interface MemberParts {
  readonly log: BrokerLog;
  readonly clock: StreamClock;
  readonly plan: SubscribePlan;
  /** How long the group waits for a subscriber of which nothing is heard: then its partitions go to others. */
  readonly sessionMs: number;
}

/** A member as all of them see it; the beat is another one as long as it lives. When that was is told by the broker's clock. */
export type Seat = readonly [id: string, beat: number, at?: number];

/** What the list of members is kept under. */
export const MEMBERS = "members";
const HANDOVER_MS = 500; // that one who joins waits for those who have nothing in hand to let go
const LOOK_MS = 20;
const ANSWER_MS = 400; // within which who has not beaten for a session, as while the broker was away, answers one who joins
const MOST_WRITERS = 100; // who joins, leaves and beats at the same moment

/**
 * A subscriber's place in its group. Every member reads the list of members and comes to the same share of partitions, so nobody
 * leads: it claims what is free and its own, and lets go of what is another's when that is not in hand. Who is alive is told by
 * beats that change, not by times: clocks need not agree. One who joins goes by the broker's clock first, for it may not stay for as long as a
 * session; whoever lives beats when it is told of the newcomer.
 */
export class GroupMember {
  /** The partitions that it reads. */
  readonly cursors = new Map<number, LeasedCursor>();
  readonly #parts: MemberParts;
  readonly #heart: Heartbeat;
  readonly #heard = new Map<string, { readonly beat: number; readonly at: number }>();
  #id = crypto.randomUUID();
  #beat = 0;
  #beatAt = -Infinity;
  #attendedAt = -Infinity;
  #attending: Promise<void> | undefined;
  #isAskedAgain = false;
  #turning: Promise<void> | undefined;
  /** Whether it reads every partition that it should. */
  #hasShare = false;
  #hasLeft = false;

  constructor(parts: MemberParts, onBeat: () => void) {
    this.#parts = parts;
    this.#heart = new Heartbeat(parts.clock, parts.sessionMs / 3, () => this.attend().finally(onBeat));
  }

  /** Makes the group where there is none, and takes a share of its partitions. */
  async join(): Promise<void> {
    const { log, plan: { group, from } } = this.#parts;
    await this.#make(await log.readDocuments(group, partitionNames(log)), from);
    await this.attend();
    this.#heart.start();
    for (let waited = 0; !this.#hasShare && waited < HANDOVER_MS && !this.#hasLeft; waited += LOOK_MS) {
      await pause(LOOK_MS); // so that what is published next is shared already
      await this.attend();
    }
  }

  /** Says that it is alive, claims and lets go. */
  attend(): Promise<void> {
    this.#isAskedAgain = true;
    return this.#attending ??= this.#attendWhileAsked();
  }

  /** Resolves when nothing of what the group told is still to be looked at. */
  async attended(): Promise<void> {
    await this.#attending?.catch(() => {});
  }

  /** Writes how far a cursor is; one that another has by now is lost afterwards. */
  save(cursor: LeasedCursor): Promise<void> {
    return cursor.savingNext ??= this.#saveNext(cursor);
  }

  /** Gives everything back, so that others have it at once. */
  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#heart.stop();
    await this.#attending?.catch(() => {});
    const { log, clock, plan: { group } } = this.#parts;
    await Promise.all(
      this.cursors.values().map(async (cursor) => {
        cursor.giveBack(clock.now());
        cursor.isLeaving = true;
        await this.save(cursor);
      }),
    );
    await this.#writeSeats((seats) => seats.filter(([id]) => id !== this.#id));
    log.tellGroup(group);
  }

  /** Stops as a kill does: others find out when the session ends. */
  abandon(): void {
    this.#hasLeft = true;
    this.#heart.stop();
    for (const cursor of this.cursors.values()) this.#lose(cursor);
  }

  /** Makes what is missing of the group. Tells whether something was. */
  async #make(documents: readonly (Document | undefined)[], from: SubscribePlan["from"]): Promise<boolean> {
    if (!documents.includes(undefined)) return false;
    const { log, plan: { group } } = this.#parts;
    const positions = await log.beginning(from);
    await Promise.all(documents.map(async (document, partition) => {
      if (document !== undefined) return;
      const state: CursorState = { owner: null, ...positions[partition]!, open: [] };
      await log.writeDocument(group, String(partition), writeState(state), 0); // whoever is first says where the group begins
    }));
    return true;
  }

  async #attendWhileAsked(): Promise<void> {
    try {
      while (this.#isAskedAgain && !this.#hasLeft) {
        this.#isAskedAgain = false;
        await this.#attend();
      }
    } finally {
      this.#attending = undefined;
    }
  }

  async #attend(): Promise<void> {
    const { log, clock, sessionMs, plan: { group } } = this.#parts;
    let hasChanged = false;
    const at = await log.now?.();
    const now = clock.now();
    const [asleepMs, silentMs] = [now - this.#attendedAt, now - this.#beatAt];
    if (asleepMs >= sessionMs || asleepMs < 0) this.#heard.clear(); // or the broker has slept, or the clock was set: nobody could be heard
    this.#attendedAt = now;
    const isDue = silentMs >= sessionMs / 4 || silentMs < 0;
    const seats = await this.#writeSeats((seats) => {
      if (this.#beat > 0 && !seats.some(([id]) => id === this.#id)) this.#comeAgain();
      const alive = seats.filter((seat) => this.#isAlive(seat, { now, at }));
      const isNew = !alive.some(([id]) => id === this.#id);
      hasChanged = isNew || alive.length < seats.length;
      if (!hasChanged && !isDue) return undefined;
      this.#beatAt = now;
      this.#beat += 1;
      const own: Seat = at === undefined ? [this.#id, this.#beat] : [this.#id, this.#beat, at];
      return isNew ? [...alive, own] : alive.map((seat) => seat[0] === this.#id ? own : seat);
    });
    const ids = seats.map(([id]) => id);
    const known = new Map(this.cursors.entries().map(([partition, { version }]) => [partition, version]));
    let documents = await log.readDocuments(group, partitionNames(log));
    if (await this.#make(documents, "start")) { // a broker that came back empty: whatever it keeps came since
      documents = await log.readDocuments(group, partitionNames(log));
    }
    await Promise.all(documents.map(async (document, partition) => {
      const cursor = this.cursors.get(partition);
      const isBack = document !== undefined && document.version < (known.get(partition) ?? 0);
      if (cursor !== undefined && isBack) await this.save(cursor); // lost where the broker has lost what was written
      else if (document !== undefined) await this.#share(partition, document, ids);
    }));
    this.#hasShare = documents.every((_, partition) =>
      ids[partition % ids.length] !== this.#id || this.cursors.has(partition)
    );
    if (hasChanged) log.tellGroup(group);
  }

  /** Others had given it up: it comes back as a new one. */
  #comeAgain(): void {
    for (const cursor of this.cursors.values()) this.#lose(cursor);
    this.#id = crypto.randomUUID();
    this.#beat = 0;
  }

  #isAlive([id, beat, beatAt = Infinity]: Seat, { now, at = 0 }: { now: number; at: number | undefined }): boolean {
    const { sessionMs } = this.#parts;
    if (id === this.#id) return true;
    const heard = this.#heard.get(id);
    if (heard?.beat === beat) return now - heard.at < sessionMs;
    const longest = sessionMs - Math.min(ANSWER_MS, sessionMs / 4);
    const silentMs = this.#beat === 0 ? Math.max(0, Math.min(at - beatAt, longest)) : 0;
    this.#heard.set(id, { beat, at: now - silentMs });
    return true;
  }

  /** Changes the list of members, whoever changes it too. Undefined leaves it as it is. */
  async #writeSeats(change: (seats: readonly Seat[]) => readonly Seat[] | undefined): Promise<readonly Seat[]> {
    const { log, plan: { group } } = this.#parts;
    for (let left = MOST_WRITERS;; left--) {
      const [document] = await log.readDocuments(group, [MEMBERS]);
      const seats: readonly Seat[] = document === undefined ? [] : JSON.parse(document.text);
      const changed = change(seats);
      if (changed === undefined || left === 0) return seats; // at the next beat, then
      const version = await log.writeDocument(group, MEMBERS, JSON.stringify(changed), document?.version ?? 0);
      if (version !== undefined) return changed;
    }
  }

  /** Claims a partition or lets go of it, as its place among the members says. */
  async #share(partition: number, { version, text }: Document, ids: readonly string[]): Promise<void> {
    const state = readState(text);
    const isMine = ids[partition % ids.length] === this.#id;
    const cursor = this.cursors.get(partition);
    if (cursor !== undefined) {
      if (version < cursor.version) return; // it was read before the cursor was written
      if (state.owner !== this.#id) this.#lose(cursor);
      else {
        cursor.isLeaving = !isMine;
        if (!isMine && !cursor.isPending) await this.save(cursor);
        return; // who saves tells
      }
    }
    const isFree = state.owner === null || state.owner === this.#id || !ids.includes(state.owner);
    if (!isMine || !isFree || this.#hasLeft) return;
    const { log, plan: { group } } = this.#parts;
    const claimed = writeState({ ...state, owner: this.#id });
    const owned = await log.writeDocument(group, String(partition), claimed, version);
    if (owned === undefined) return;
    const wanted = state.open.map(([offset, place]) => ({ offset, place }));
    const open = wanted.length === 0 ? [] : await log.find(partition, wanted);
    this.cursors.set(partition, new LeasedCursor(partition, { version: owned, state, open }));
  }

  /** Writes it once, after what is under way; who asks later waits for no later writing, however often others ask. */
  async #saveNext(cursor: LeasedCursor): Promise<void> {
    await cursor.saving?.catch(() => {}); // who asked for that is told
    await this.#turned(); // what is settled meanwhile goes with it
    cursor.savingNext = undefined;
    const saving = cursor.saving = this.#save(cursor);
    try {
      await saving;
    } finally {
      if (cursor.saving === saving) cursor.saving = undefined;
    }
  }

  async #save(cursor: LeasedCursor): Promise<void> {
    if (cursor.isLost || cursor.isFree) return;
    const { log, plan: { group } } = this.#parts;
    const owner = cursor.isLeaving && !cursor.isPending ? null : this.#id;
    const { index } = cursor.partition;
    const text = cursor.stateText(owner);
    const version = await log.writeDocument(group, String(index), text, cursor.version);
    if (version === undefined) {
      this.#lose(cursor);
      void this.attend().catch(() => {}); // the next beat tries again
      return;
    }
    cursor.version = version;
    if (owner !== null) return;
    cursor.isFree = true; // nothing of it is in hand
    if (this.cursors.get(index) === cursor) this.cursors.delete(index); // it may be claimed anew by now
    log.tellGroup(group);
  }

  /** The next turn of the event loop, the same for all cursors: what they write then goes together. */
  #turned(): Promise<void> {
    return this.#turning ??= turn().then(() => {
      this.#turning = undefined;
    });
  }

  #lose(cursor: LeasedCursor): void {
    cursor.isLost = true;
    const { index } = cursor.partition;
    if (this.cursors.get(index) === cursor) this.cursors.delete(index);
  }
}

/** What the place of a group in each partition is kept under. */
export function partitionNames({ partitions }: Pick<BrokerLog, "partitions">): string[] {
  return Array.from({ length: partitions }, (_, index) => String(index));
}
