import { StatusError } from "../../errors.ts";
import { Deadlines, type Due } from "../../flow/deadlines.ts";
import { SYSTEM_CLOCK } from "../../flow/system_clock.ts";
import type { Clock } from "../../graph/clock.ts";
import { BrokenOff } from "../reply/broken_off.ts";
import { SentBody } from "./sent_body.ts";
import type { SentReply } from "./sent_reply.ts";
import type { AllLimits } from "./server_limits.ts";

/** The limits that it keeps. */
type ReplyLimits = Pick<AllLimits, "repliesLimitBytes" | "replyTimeoutMs" | "queueTimeoutMs">;

const RETRY_AFTER_MS = 1_000;
const UNLIMITED: ReplyLimits = { repliesLimitBytes: Infinity, replyTimeoutMs: Infinity, queueTimeoutMs: Infinity };

/** Has large and streamed replies leave, none kept longer for its reader than allowed, and all together no larger than allowed. */
export class Outflow {
  readonly #limits: ReplyLimits;
  readonly #clock: Clock;
  readonly #unread: Deadlines<SentReply>;
  /** Those who keep a turn meanwhile. */
  readonly #idle: Deadlines<SentReply>;
  readonly #open = new Set<SentBody>();
  #bytes = 0;
  /** Settles when the piece that was asked for last may be written. */
  #turn: Promise<void> = Promise.resolve();

  constructor(limits: ReplyLimits = UNLIMITED, clock: Clock = SYSTEM_CLOCK) {
    this.#limits = limits;
    this.#clock = clock;
    const { replyTimeoutMs, queueTimeoutMs } = limits;
    const late = (ms: number) => `its reader has taken nothing for ${ms} ms`;
    this.#unread = new Deadlines(clock, replyTimeoutMs, (reply) => reply.cut(new BrokenOff(late(replyTimeoutMs))));
    const idleMs = queueTimeoutMs / 4; // so that who waits for a turn has one in time
    this.#idle = new Deadlines(clock, idleMs, (reply) => {
      if (reply.isInTheWay) reply.cut(new BrokenOff(`${late(idleMs)}, and others wait for its turn`));
      else reply.idle = this.#idle.add(reply);
    });
  }

  /** The body of one reply; to be sent or closed. `isInTheWay` tells whether others wait for a turn that it keeps; default: it keeps none. */
  open(isInTheWay?: () => boolean): SentBody {
    const body = new SentBody(this, isInTheWay);
    this.#open.add(body);
    return body;
  }

  /** A body is gone. */
  forget(body: SentBody): void {
    this.#open.delete(body);
  }

  /**
   * Counts bytes that are held from now on.
   *
   * @throws {StatusError} 503 where all replies together are too large.
   */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#limits.repliesLimitBytes) {
      throw new StatusError(503, `Cannot write the reply: replies of ${this.#bytes} bytes wait to be read`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.#bytes += bytes;
  }

  /** Bytes are held no more. */
  free(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** A reader has bytes before it: its time runs until it takes them. */
  wait(reply: SentReply): Due<SentReply> | undefined {
    return this.#limits.replyTimeoutMs === Infinity ? undefined : this.#unread.add(reply);
  }

  /** A reader keeps a turn, too: not for long where others wait for it. */
  waitInTurn(reply: SentReply): Due<SentReply> | undefined {
    return this.#limits.queueTimeoutMs === Infinity ? undefined : this.#idle.add(reply);
  }

  /** A reader has taken what was before it. */
  taken(unread: Due<SentReply> | undefined, idle: Due<SentReply> | undefined): void {
    if (unread !== undefined) this.#unread.delete(unread);
    if (idle !== undefined) this.#idle.delete(idle);
  }

  /** Waits until a piece of a large reply may be written: one in a turn of the event loop, whosever it is, so that others are answered between. */
  turn(): Promise<void> {
    return this.#turn = this.#turn.then(() => new Promise<void>((go) => void this.#clock.schedule(0, go)));
  }

  /** Ends what is not read yet; tells how many replies that were. */
  close(): number {
    const open = [...this.#open];
    for (const body of open) body.cut(new BrokenOff("the server is closed"));
    this.#unread.close();
    this.#idle.close();
    return open.length;
  }
}
