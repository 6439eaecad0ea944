import type { StatementSync } from "node:sqlite";
import { Heartbeat } from "../heartbeat.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import { type CursorRow, LocalCursor } from "./local_cursor.ts";
import type { LocalLog } from "./local_log.ts";
import type { WriteQueue } from "./write_queue.ts";

/** What a member is made of. */
export interface MemberParts {
  readonly log: LocalLog;
  readonly queue: WriteQueue;
  readonly clock: StreamClock;
  readonly plan: SubscribePlan;
  /** How long the group waits for a subscriber of which nothing is heard: then its partitions go to others. */
  readonly sessionMs: number;
}

const LONGEST_SESSION_MS = 60_000;

/**
 * A subscriber's place in its group. Every member reads the table of members and comes to the same share of partitions, so nobody
 * leads: it claims what is free and its own, and lets go of what is another's when that is not in hand.
 */
export class LocalMember {
  /** The partitions that it reads. */
  readonly cursors = new Map<number, LocalCursor>();
  readonly #parts: MemberParts;
  readonly #heart: Heartbeat;
  readonly #generation: StatementSync;
  readonly #save: StatementSync;
  #id = crypto.randomUUID();
  #seen = -1;
  #attendedAt = -Infinity;
  #dirty = new Set<LocalCursor>();
  #hasLeft = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.#heart = new Heartbeat(parts.clock, parts.sessionMs / 3, () => this.attend());
    const { database } = parts.log;
    this.#generation = database.prepare("SELECT generation FROM groups WHERE name = ?");
    this.#save = database.prepare(
      "UPDATE cursors SET committed = ?, next = ?, open = ?, state = ?, owner = ? WHERE grp = ? AND partition = ? AND owner = ?",
    );
  }

  /** Makes the group where there is none, and takes a share of its partitions. */
  async join(): Promise<void> {
    const { queue, log, plan: { group } } = this.#parts;
    await queue.write(`subscribe to ${log.database.name}`, () => {
      if (this.#generation.get(group) === undefined) this.#makeGroup();
      this.#attend();
    });
    this.#heart.start();
  }

  /** Looks whether others have come or gone. */
  async look(): Promise<void> {
    const { log: { database }, plan: { group } } = this.#parts;
    const { generation } = database.read(() => this.#generation.get(group)) as { generation: number };
    if (generation !== this.#seen && !this.#hasLeft) await this.attend();
  }

  /** Says that it is alive, claims and lets go. */
  async attend(): Promise<void> {
    await this.#writeDirty("read", () => this.#hasLeft || this.#attend());
  }

  /**
   * Writes how far cursors are; those that another has by now are lost afterwards. What cannot be written goes with what is written next.
   *
   * @param act What it is for, as in "settle records of".
   */
  async save(cursors: Iterable<LocalCursor>, act: string): Promise<void> {
    for (const cursor of cursors) this.#dirty.add(cursor);
    await this.#writeDirty(act);
  }

  /** Gives everything back, so that others have it at once. */
  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#heart.stop();
    const { queue, log, clock, plan: { group } } = this.#parts;
    await queue.write(`leave group "${group}" of ${log.database.name}`, () => {
      for (const cursor of this.cursors.values()) {
        cursor.giveBack(clock.now());
        this.#write(cursor, true);
        this.#lose(cursor);
      }
      log.database.prepare("DELETE FROM members WHERE id = ?").run(this.#id);
      this.#tellOthers();
    });
  }

  /** Stops as a kill does: others find out when the session ends. */
  abandon(): void {
    this.#hasLeft = true;
    this.#heart.stop();
    for (const cursor of this.cursors.values()) this.#lose(cursor);
  }

  async #writeDirty(act: string, also?: () => void): Promise<void> {
    const { queue, log } = this.#parts;
    let taken: Iterable<LocalCursor> = [];
    try {
      await queue.write(`${act} ${log.database.name}`, () => {
        taken = this.#dirty;
        this.#dirty = new Set();
        for (const cursor of taken) {
          if (!this.#write(cursor, cursor.isLeaving && !cursor.isPending)) this.#lose(cursor);
        }
        also?.();
      });
    } catch (error) {
      for (const cursor of taken) this.#dirty.add(cursor);
      throw error;
    }
  }

  #makeGroup(): void {
    const { log, plan: { group, from } } = this.#parts;
    log.database.prepare("INSERT INTO groups VALUES (?, 0)").run(group);
    const insert = log.database.prepare("INSERT INTO cursors VALUES (?, ?, NULL, ?, ?, 0, '[]')");
    for (const [partition, { first, next }] of log.extents().entries()) {
      const at = from === "start" ? first : from === "end" ? next : log.offsetAt(partition, from.getTime());
      insert.run(group, partition, at, at);
    }
  }

  /** In a transaction: the same for every member. */
  #attend(): void {
    const { log: { database }, clock, plan: { group }, sessionMs } = this.#parts;
    const now = clock.now();
    const longestMs = now < this.#attendedAt ? sessionMs : Math.max(sessionMs, LONGEST_SESSION_MS);
    database.prepare("UPDATE members SET expires_at = ? WHERE grp = ? AND expires_at > ?")
      .run(now + sessionMs, group, now + longestMs); // the clock was set back: nobody has promised to be there for so long
    this.#attendedAt = now;
    const gone = database.prepare("DELETE FROM members WHERE grp = ? AND expires_at <= ? AND id <> ?")
      .run(group, now, this.#id).changes;
    const wasThere = this.#confirm(now);
    let hasChanged = gone > 0 || !wasThere;
    const ids = (database.prepare("SELECT id FROM members WHERE grp = ? ORDER BY seat").all(group) as { id: string }[])
      .map(({ id }) => id);
    const rows = database.prepare("SELECT partition, owner, committed, next, state FROM cursors WHERE grp = ?")
      .all(group) as unknown as CursorRow[];
    for (const row of rows) {
      if (this.#share(row, ids)) hasChanged = true;
    }
    if (hasChanged) this.#tellOthers();
    this.#seen = (this.#generation.get(group) as { generation: number }).generation;
  }

  /** Says that the member is alive; one that others had given up comes back as a new one. Tells whether it was there. */
  #confirm(now: number): boolean {
    const { log: { database }, plan: { group }, sessionMs } = this.#parts;
    const until = now + sessionMs;
    const { changes } = database.prepare("UPDATE members SET expires_at = ? WHERE id = ?").run(until, this.#id);
    if (changes > 0) return true;
    for (const cursor of this.cursors.values()) this.#lose(cursor);
    this.#id = crypto.randomUUID();
    database.prepare("INSERT INTO members (grp, id, expires_at) VALUES (?, ?, ?)").run(group, this.#id, until);
    return false;
  }

  /** Claims a partition or lets go of it, as its place among the members says. Tells whether something changed. */
  #share(row: CursorRow, ids: readonly string[]): boolean {
    const { log, plan: { group, maxRecords } } = this.#parts;
    const isMine = ids[row.partition % ids.length] === this.#id;
    const cursor = this.cursors.get(row.partition);
    if (cursor !== undefined && row.owner !== this.#id) this.#lose(cursor);
    else if (cursor !== undefined) {
      cursor.isLeaving = !isMine;
      if (isMine || cursor.isPending) return false;
      this.#write(cursor, true);
      return true;
    }
    const isFree = row.owner === null || row.owner === this.#id || !ids.includes(row.owner);
    if (!isMine || !isFree) return false;
    log.database.prepare("UPDATE cursors SET owner = ? WHERE grp = ? AND partition = ?")
      .run(this.#id, group, row.partition);
    this.cursors.set(row.partition, new LocalCursor(log, row, maxRecords));
    return true;
  }

  /** Tells whether the partition was still this member's. */
  #write(cursor: LocalCursor, isFree: boolean): boolean {
    const { committed, next, open, state } = cursor.row;
    const { partition: { index } } = cursor;
    const owner = isFree ? null : this.#id;
    const { changes } = this.#save.run(
      committed,
      next,
      open,
      state,
      owner,
      this.#parts.plan.group,
      index,
      this.#id,
    );
    if (changes === 0) return false;
    if (isFree) {
      if (this.cursors.get(index) === cursor) this.cursors.delete(index);
      this.#tellOthers();
    }
    return true;
  }

  #lose(cursor: LocalCursor): void {
    cursor.isLost = true;
    const { index } = cursor.partition;
    if (this.cursors.get(index) === cursor) this.cursors.delete(index);
  }

  #tellOthers(): void {
    const { log, plan: { group } } = this.#parts;
    log.database.prepare("UPDATE groups SET generation = generation + 1 WHERE name = ?").run(group);
  }
}
