import type { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { Outflow } from "../limits/outflow.ts";
import { PIECE_BYTES, SentReply } from "../limits/sent_reply.ts";
import type { GrpcMetadata } from "./grpc_runtime.ts";

const ENHANCE_YOUR_CALM = 11; // RFC 9113, 7; callers read it as RESOURCE_EXHAUSTED. Words would wait behind what is not read

/** The stream under a call. */
export type CallStream = Duplex & { close(code: number): void };
type Done = (error?: Error | null) => void;
type Write = (bytes: Buffer, done: Done) => boolean;

/** A call's own metadata are all that who stands between and the handler both see. */
const CALLS = new WeakMap<GrpcMetadata, SentCall>();

/** What a call sends: piece by piece, so that a reader who takes some of a large message is told from one who takes nothing. */
export class SentCall extends SentReply {
  readonly #stream: CallStream;
  readonly #write: Write;
  readonly #onCut: (reason: unknown) => void;

  /** Stands before the stream's own `write`. `onCut` is told why the call breaks off. */
  constructor(outflow: Outflow, stream: CallStream, onCut: (reason: unknown) => void) {
    super(outflow);
    this.#stream = stream;
    this.#onCut = onCut;
    this.#write = stream.write.bind(stream) as Write;
    stream.write = ((message, done) => this.#send(message, done)) as Write as CallStream["write"];
    stream.on("close", () => this.end());
  }

  /** The call with these metadata; undefined where the server has no limits. */
  static of(metadata: GrpcMetadata): SentCall | undefined {
    return CALLS.get(metadata);
  }

  /** It has these metadata from here on. */
  hasMetadata(metadata: GrpcMetadata): void {
    CALLS.set(metadata, this);
  }

  /** What it sends from here on keeps a turn, and `othersWait` tells whether others wait for it; undefined: it keeps none. */
  keepTurn(othersWait: (() => boolean) | undefined): void {
    this.othersWait = othersWait;
  }

  /** Counts nothing once the call has ended: nobody would free it. */
  override hold(bytes: number): void {
    if (!this.isOver) super.hold(bytes);
  }

  override cut(reason: unknown): void {
    if (this.isOver) return;
    this.end();
    this.#onCut(reason);
    this.#stream.close(ENHANCE_YOUR_CALM);
  }

  #send(message: Buffer, done: Done): boolean {
    let sent = 0;
    const next: Done = (error) => {
      this.taken();
      if (error || sent >= message.length) {
        this.free();
        return done(error);
      }
      if (this.isOver || this.#stream.writableEnded) return; // its deadline is over: nobody waits for the rest
      const piece = message.subarray(sent, sent += PIECE_BYTES);
      this.wait();
      this.#write(piece, next);
    };
    next();
    return true;
  }
}
