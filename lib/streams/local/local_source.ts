import { oldestFirst } from "../oldest_first.ts";
import type { Reader } from "../reader.ts";
import type { Given, ReaderSource } from "../reader_source.ts";
import type { LocalCursor } from "./local_cursor.ts";
import { faultOf } from "./local_fault.ts";
import { LocalMember, type MemberParts } from "./local_member.ts";

/** What a source is made of. */
export interface SourceParts extends MemberParts {
  readonly reader: Reader;
  /** Is called when somebody waits for a delivery. */
  readonly onWait: () => void;
  readonly onEnd: (source: LocalSource) => void;
}

/** What a subscriber to a stream between processes reads from. */
export class LocalSource implements ReaderSource<LocalCursor> {
  readonly #parts: SourceParts;
  readonly #member: LocalMember;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#member = new LocalMember(parts);
  }

  /** Whether somebody waits for a delivery. */
  get isWaiting(): boolean {
    return this.#parts.reader.isWaiting;
  }

  async join(): Promise<void> {
    await this.#member.join();
  }

  /** The file has changed. */
  async look(): Promise<void> {
    const { reader } = this.#parts;
    await this.#member.look().catch((error) => reader.fail(this.faultOf(error)));
    reader.look();
  }

  cursors(): readonly LocalCursor[] {
    return [...this.#member.cursors.values()].filter(({ isLeaving }) => !isLeaving);
  }

  heads(): Iterable<Given<LocalCursor>> {
    const extents = this.#parts.log.extents();
    const cursors = this.cursors();
    for (const cursor of cursors) cursor.know(extents[cursor.partition.index]!);
    return oldestFirst(cursors, this.#parts.clock.now());
  }

  async keep(cursors: ReadonlySet<LocalCursor>, what: "given" | "done" | "again"): Promise<void> {
    await this.#member.save(cursors, what === "given" ? "read" : "settle records of");
  }

  rest(isWaiting: boolean): void {
    if (isWaiting) this.#parts.onWait();
  }

  faultOf(error: unknown): Error {
    const { name, file } = this.#parts.log.database;
    return faultOf(`read ${name}`, file, error);
  }

  async leave(): Promise<void> {
    this.#parts.onEnd(this);
    await this.#member.leave().catch(() => {}); // where it cannot be written, others find out when the session ends
  }

  abandon(): void {
    this.#parts.onEnd(this);
    this.#member.abandon();
  }
}
