import { StatusError } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import { type Listed, Roster } from "../../flow/roster.ts";
import type { AllLimits } from "./server_limits.ts";
import { joinBytes } from "../../protocol/join_bytes.ts";

/** A read that is under way. */
interface Read extends Listed<Read> {
  /** The look at the clock before it began. */
  readonly since: number;
  readonly refuse: (reason: unknown) => void;
}

const COUNTED_JSON_BYTES = 65_536; // smaller ones are bounded by maxConcurrent: 256 of these become 256 MiB
const LONG_JSON_BYTES = 1_048_576; // 1 MB holds the others up for 3 to 100 ms
const JSON_BECOMES = 16; // times its size, in memory: "[]," is 3 bytes and becomes 40, its text not counted
const UNPACKS_TO = 1_032; // times its size, deflate's most
const PROMISED_BYTES = 65_536; // up to here a length that is told counts as come: reading by chunks costs small requests more than it guards
const CHUNKED = "chunked";
const LOOKS = 20; // at the clock in the time that a body has: none is given more than a twentieth more

/** Reads the bodies of requests, none larger or slower than allowed, and all together no larger than allowed. */
export class Intake {
  readonly #limits: AllLimits;
  readonly #clock: Clock;
  readonly #reads = new Roster<Read>();
  #look = 0;
  #cancel: (() => void) | undefined;
  #bytes = 0;
  /** Settles when the long JSON before has been read. */
  #readJson: Promise<void> = Promise.resolve();
  #closed: { readonly reason: unknown } | undefined;

  constructor(limits: AllLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Takes the body of one request in, of at most so many bytes; default: as many as the limits allow. */
  open(limitBytes = Infinity): TakenBody {
    return new TakenBody(this, Math.min(limitBytes, this.#limits.bodyLimitBytes));
  }

  /**
   * Counts bytes that are held from now on.
   *
   * @throws {StatusError} 503 where all bodies together are too large.
   */
  take(bytes: number): void {
    const { bodiesLimitBytes } = this.#limits;
    if (this.#bytes + bytes > bodiesLimitBytes) {
      throw new StatusError(503, `Cannot take the body: bodies of ${this.#bytes} bytes are being worked on`, {
        retryAfterMs: 1_000,
      });
    }
    this.#bytes += bytes;
  }

  /** Bytes are held no more. */
  free(bytes: number): void {
    this.#bytes -= bytes;
  }

  get jsonLimitBytes(): number {
    return this.#limits.jsonLimitBytes;
  }

  /** Reads long JSON when that before is read, slice by slice; before each whoever came meanwhile has a turn. */
  alone<Value>(slices: Iterator<void, Value>): Promise<Value> {
    const reading = this.#readJson.then(async () => {
      for (;;) {
        await new Promise<void>((go) => void this.#clock.schedule(0, go));
        if (this.#closed !== undefined) throw this.#closed.reason;
        const slice = slices.next();
        if (slice.done === true) return slice.value;
      }
    });
    this.#readJson = reading.then(nothing, nothing);
    return reading;
  }

  /** Waits for what is read, but not for longer than allowed; `failed` makes the error of what breaks off. */
  inTime<Value>(reading: Promise<Value>, failed: (error: unknown) => never): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const read: Read = { since: this.#look, refuse: reject, earlier: undefined, later: undefined };
      this.#reads.add(read);
      if (this.#cancel === undefined) this.#wait();
      reading.then((value) => {
        this.#reads.delete(read);
        resolve(value);
      }, (error) => {
        this.#reads.delete(read);
        try {
          failed(error);
        } catch (told) {
          reject(told);
        }
      });
    });
  }

  /** Refuses every body that has not come yet, and long JSON that has not been read. */
  close(reason: unknown): void {
    this.#closed = { reason };
    for (let read = this.#reads.first; read !== undefined; read = this.#reads.first) this.#refuse(read, reason);
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** One timer for all, and no look at the clock for each: that would cost every request. */
  #wait(): void {
    this.#cancel = this.#clock.schedule(this.#limits.bodyTimeoutMs / LOOKS, () => {
      this.#look += 1;
      this.#cancel = undefined;
      let first = this.#reads.first;
      for (; first !== undefined && this.#look - first.since > LOOKS; first = this.#reads.first) {
        this.#refuse(first, late(this.#limits));
      }
      if (first !== undefined) this.#wait();
    });
  }

  #refuse(read: Read, reason: unknown): void {
    this.#reads.delete(read);
    read.refuse(reason);
  }
}

function nothing(): void {}

function atOnce<Value>(read: () => Value): Iterator<void, Value> {
  return { next: () => ({ done: true, value: read() }) };
}

function late({ bodyTimeoutMs }: AllLimits): StatusError {
  return new StatusError(408, `Cannot read the request's body: it has not come after ${bodyTimeoutMs} ms`);
}

/** The body of one request, counted until it is closed. */
export class TakenBody {
  readonly #intake: Intake;
  /** How large it may be, also unpacked. */
  readonly limitBytes: number;
  #bytes = 0;
  #packed = 0;
  #unpacked = 0;

  constructor(intake: Intake, limitBytes: number) {
    this.#intake = intake;
    this.limitBytes = limitBytes;
  }

  /**
   * Reads it; `failed` makes the error of what breaks off.
   *
   * @throws {StatusError} 413, before it is read where its length is told; 503, 408, 501.
   */
  read(request: Request, failed: (error: unknown) => never): Promise<Uint8Array> {
    const told = request.headers.get("content-length");
    if (told === null) return this.#readChunks(request, failed);
    const bytes = Number(told);
    if (bytes > PROMISED_BYTES && bytes <= this.limitBytes) return this.#readChunks(request, failed); // who promises much may send nothing
    this.#take(bytes, bytes);
    return this.#intake.inTime(request.bytes(), failed);
  }

  async #readChunks(request: Request, failed: (error: unknown) => never): Promise<Uint8Array> {
    if (request.body === null) return new Uint8Array();
    const coding = request.headers.get("transfer-encoding")?.trim().toLowerCase() ?? CHUNKED;
    if (coding !== CHUNKED) { // the port takes the chunks apart, and leaves the rest packed
      throw new StatusError(
        501,
        `Cannot read a body with the transfer coding ${JSON.stringify(coding.slice(0, 40))}: send ${CHUNKED} alone`,
      );
    }
    const reader = request.body.getReader();
    try {
      return await this.#intake.inTime(this.#collect(reader), failed);
    } catch (error) {
      reader.cancel(error).catch(() => {}); // who has broken off has nothing to cancel
      throw error;
    }
  }

  /**
   * Counts a body that somebody else has read.
   *
   * @throws {StatusError} 413, 503.
   */
  hold(bytes: number): void {
    this.#take(bytes, bytes);
  }

  /** Counts what a packed body may need while it is unpacked; of one that comes in pieces, each. */
  unpack(packedBytes: number): void {
    this.#packed += packedBytes;
    const most = Math.min(this.#packed * UNPACKS_TO, this.limitBytes);
    this.#take(most - this.#unpacked, most);
    this.#unpacked = most;
  }

  /**
   * Has JSON read, and counts what becomes of it: at once where it is short, else when its turn comes, by slices where it has such.
   *
   * @throws {StatusError} 413 where it is longer than JSON may be, 503 where all bodies together become too large.
   */
  readJson(bytes: number, read: () => unknown, slices?: () => Iterator<void, unknown>): unknown {
    if (bytes < COUNTED_JSON_BYTES) return read();
    const { jsonLimitBytes } = this.#intake;
    if (bytes > jsonLimitBytes) {
      throw new StatusError(413, `Cannot take the body: as JSON it has more than ${jsonLimitBytes} bytes`);
    }
    this.#intake.take(bytes * JSON_BECOMES);
    this.#bytes += bytes * JSON_BECOMES;
    return bytes < LONG_JSON_BYTES ? read() : this.#intake.alone(slices?.() ?? atOnce(read));
  }

  /** Waits for a body that somebody else reads, but not for longer than allowed. */
  inTime(reading: Promise<void>): Promise<void> {
    return this.#intake.inTime(reading, (error) => {
      throw error;
    });
  }

  /** It is held no more. */
  close(): void {
    this.#intake.free(this.#bytes);
    this.#bytes = this.#packed = this.#unpacked = 0;
  }

  #take(bytes: number, body: number): void {
    if (body > this.limitBytes) {
      throw new StatusError(413, `Cannot take the body: it has more than ${this.limitBytes} bytes`);
    }
    this.#intake.take(bytes);
    this.#bytes += bytes;
  }

  async #collect(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
      total += next.value.length;
      this.#take(next.value.length, total);
      chunks.push(next.value);
    }
    return joinBytes(chunks);
  }
}
