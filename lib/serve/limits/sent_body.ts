import type { Outflow } from "./outflow.ts";
import { PIECE_BYTES, SentReply } from "./sent_reply.ts";

/** Where a body comes from, piece by piece. */
export interface BodySource {
  /** The next piece; undefined behind the last. Rejects with what the connection breaks off for. */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Nobody wants more. */
  leave(): void | Promise<void>;
}

/** The body of one reply on its way out, counted until its reader has it. */
export class SentBody extends SentReply implements UnderlyingDefaultSource<Uint8Array> {
  readonly #outflow: Outflow;
  #source: BodySource | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What of the piece before is still to go. */
  #rest: Uint8Array | undefined;
  #piece = 0;
  /** Whether the pieces were counted before. */
  #isHeld = false;

  constructor(outflow: Outflow, isInTheWay?: () => boolean) {
    super(outflow);
    this.#outflow = outflow;
    this.othersWait = isInTheWay;
  }

  /** Sends what was held. */
  sendHeld(pieces: Uint8Array[]): ReadableStream<Uint8Array> {
    this.#isHeld = true;
    let next = 0;
    return this.send({
      next() {
        const piece = pieces[next];
        pieces[next++] = NOTHING; // which has gone
        return piece;
      },
      leave: () => void pieces.splice(0),
    });
  }

  /** Sends what comes, each piece when the reader has taken the one before. */
  send(source: BodySource): ReadableStream<Uint8Array> {
    this.#source = source;
    return new ReadableStream(this, { highWaterMark: 0 });
  }

  /** It is not sent: what was held is free. */
  close(): void {
    this.end();
  }

  override cut(reason: unknown): void {
    if (this.isOver) return;
    this.end();
    this.#controller?.error(reason);
    this.#leave();
  }

  /** The stream's: the reader's time begins. */
  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.wait();
  }

  /** The stream's: the reader has taken what there was. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.taken();
    try {
      const piece = this.#rest ?? await this.#next();
      if (this.isOver) return;
      if (piece === undefined) {
        this.end();
        return controller.close();
      }
      this.#rest = piece.length > PIECE_BYTES ? piece.subarray(PIECE_BYTES) : undefined;
      controller.enqueue(piece.subarray(0, PIECE_BYTES));
      this.wait();
    } catch (error) {
      this.cut(error);
    }
  }

  /** The stream's: the reader wants no more. */
  async cancel(): Promise<void> {
    this.end();
    await this.#source?.leave();
  }

  async #next(): Promise<Uint8Array | undefined> {
    this.free(this.#piece);
    this.#piece = 0;
    const piece = await this.#source!.next();
    if (piece === undefined || this.isOver) return undefined;
    if (!this.#isHeld) this.hold(piece.length);
    this.#piece = piece.length;
    return piece;
  }

  protected override end(): void {
    super.end();
    this.#rest = undefined;
    this.#outflow.forget(this);
  }

  /** What fails then is told to nobody. */
  #leave(): void {
    Promise.resolve(this.#source?.leave()).catch(() => {});
  }
}

const NOTHING = new Uint8Array();
