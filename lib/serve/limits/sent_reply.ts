import type { Due } from "../../flow/deadlines.ts";
import type { Outflow } from "./outflow.ts";

/** A reply is sent in pieces of at most so many bytes, and its reader watched from one to the next. */
export const PIECE_BYTES = 65_536;

/** A reply on its way out: what its reader has not taken is counted, and the reader is watched. */
export abstract class SentReply {
  readonly #outflow: Outflow;
  #bytes = 0;
  #unread: Due<SentReply> | undefined;
  /** The outflow's own: when to look whether others wait for its turn. */
  idle: Due<SentReply> | undefined;
  /** Tells whether others wait for the turn that it keeps; undefined while it keeps none. */
  protected othersWait: (() => boolean) | undefined;
  protected isOver = false;

  constructor(outflow: Outflow) {
    this.#outflow = outflow;
  }

  /** Whether others wait for a turn that it keeps. */
  get isInTheWay(): boolean {
    return this.othersWait?.() ?? false;
  }

  /** Breaks it off, whoever reads it. */
  abstract cut(reason: unknown): void;

  /**
   * Counts bytes that it is to have.
   *
   * @throws {StatusError} 503 where all replies together are too large.
   */
  hold(bytes: number): void {
    this.#outflow.take(bytes);
    this.#bytes += bytes;
  }

  /** Bytes are held no more; default: all. */
  protected free(bytes = this.#bytes): void {
    this.#outflow.free(bytes);
    this.#bytes -= bytes;
  }

  /** There is something before the reader, unless it has left in the same moment. */
  protected wait(): void {
    if (this.isOver) return;
    this.#unread = this.#outflow.wait(this);
    if (this.othersWait !== undefined) this.idle = this.#outflow.waitInTurn(this);
  }

  /** The reader has taken it. */
  protected taken(): void {
    this.#outflow.taken(this.#unread, this.idle);
    this.#unread = this.idle = undefined;
  }

  /** It is gone. */
  protected end(): void {
    this.isOver = true;
    this.taken();
    this.free();
  }
}
