import type { StreamAway } from "../answering.ts";
import { oldestFirst } from "../oldest_first.ts";
import type { Reader } from "../reader.ts";
import type { Given, ReaderSource } from "../reader_source.ts";
import { GroupMember, type MemberParts } from "./group_member.ts";
import type { LeasedCursor } from "./leased_cursor.ts";
import { OfflineError } from "./offline_error.ts";
import { within } from "./within.ts";

/** What a source is made of. */
export interface SourceParts extends MemberParts {
  readonly reader: Reader;
  /** Resolves when the broker tells of what comes. */
  readonly watch: () => Promise<void>;
  readonly onEnd: (source: LeasedSource) => void;
}

const LEAVE_MS = 3_000; // for a goodbye; where it cannot be said, others find out when the session ends

/** What a subscriber to a stream that a broker keeps reads from. */
export class LeasedSource implements ReaderSource<LeasedCursor> {
  readonly #parts: SourceParts;
  readonly #member: GroupMember;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#member = new GroupMember(parts, () => parts.reader.look());
  }

  async join(): Promise<void> {
    await this.#parts.watch();
    await this.#member.join();
  }

  /** Records have come, or (by name) a group has changed. */
  async look(group: string | undefined): Promise<void> {
    const { plan, reader } = this.#parts;
    if (group === plan.group) await this.#member.attend().catch(() => {}); // the next beat tries again
    else if (group !== undefined) return;
    reader.look();
  }

  cursors(): readonly LeasedCursor[] {
    return [...this.#member.cursors.values()].filter(({ isLeaving }) => !isLeaving);
  }

  async heads(): Promise<Iterable<Given<LeasedCursor>>> {
    await this.#member.attended();
    const { log, clock } = this.#parts;
    const now = clock.now();
    const cursors = this.cursors();
    await Promise.all(
      cursors.filter((cursor) => cursor.isEmpty(now)).map((cursor) =>
        cursor.fill(now, (from, most) => log.read(cursor.partition.index, from, most))
      ),
    );
    return oldestFirst(cursors, now);
  }

  async keep(cursors: ReadonlySet<LeasedCursor>): Promise<void> {
    await Promise.all(cursors.values().map((cursor) => this.#member.save(cursor)));
  }

  away(): StreamAway | undefined {
    return this.#parts.log.away;
  }

  faultOf(error: unknown): unknown {
    return error instanceof OfflineError ? undefined : error;
  }

  async leave(): Promise<void> {
    this.#parts.onEnd(this);
    await within(LEAVE_MS, this.#member.leave());
    this.#member.abandon();
  }

  abandon(): void {
    this.#parts.onEnd(this);
    this.#member.abandon();
  }
}
