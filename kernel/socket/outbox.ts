/** Bytes on their way to one peer, in order. */

/** Small messages that wait together go out in one write of at most this much: 256 KiB. */
const JOIN_BYTES = 256 * 1024;

/** Waits in line for the connection. Everything put in is a whole message, so a cut never leaves half of one behind another. */
export class Outbox {
  readonly #conn: Deno.Conn;
  readonly #onLost: () => void;
  #queue: Uint8Array[] = [];
  #waiters: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #queuedBytes = 0;
  #writtenBytes = 0;
  #writing = false;
  #closed = false;

  /** @param onLost Called once when the connection takes no more bytes. */
  constructor(conn: Deno.Conn, onLost: () => void) {
    this.#conn = conn;
    this.#onLost = onLost;
  }

  /** How much has not been handed to the operating system yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** How much has been handed over so far; while it grows, the peer reads. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Puts bytes in line; they are not copied. After closing it does nothing. */
  put(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#writing) void this.#write();
  }

  /** Resolves true once at most `bytes` wait or the connection is gone; false when `timeoutMs` have passed before. */
  async drained(bytes: number, timeoutMs: number): Promise<boolean> {
    if (this.#closed || this.#queuedBytes <= bytes) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { bytes, resolve: () => resolve(true) };
    this.#waiters.push(waiter);
    const timer = setTimeout(() => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      resolve(false);
    }, timeoutMs);
    const result = await promise;
    clearTimeout(timer);
    return result;
  }

  /** Throws away what waits. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#wake();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // Whatever is put in during this turn of the loop goes out together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const bytes = this.#nextBatch();
      for (let offset = 0; offset < bytes.length && !this.#closed;) {
        try {
          offset += this.#progress(await this.#conn.write(bytes.subarray(offset)));
        } catch {
          // Whatever a write fails of, the connection is of no more use; the reading side learns why.
          this.#lose();
        }
      }
    }
    this.#writing = false;
  }

  #nextBatch(): Uint8Array {
    const first = this.#queue[0]!;
    let count = 1;
    let total = first.length;
    while (count < this.#queue.length && total + this.#queue[count]!.length <= JOIN_BYTES) {
      total += this.#queue[count++]!.length;
    }
    const parts = this.#queue.splice(0, count);
    if (count === 1) return first;
    const joined = new Uint8Array(total);
    let offset = 0;
    for (const part of parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }

  #progress(written: number): number {
    this.#writtenBytes += written;
    this.#queuedBytes = Math.max(0, this.#queuedBytes - written);
    if (this.#waiters.length > 0) this.#wake();
    return written;
  }

  #wake(): void {
    const ready = this.#waiters.filter((waiter) => this.#closed || this.#queuedBytes <= waiter.bytes);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }

  #lose(): void {
    this.close();
    this.#onLost();
  }
}
