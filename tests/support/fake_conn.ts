/** A connection without a network: the test says what comes, sees what goes, and may hold writes back. */
export class FakeConn {
  /** What was written, a piece per write. */
  readonly written: Uint8Array[] = [];
  /** How often it was closed. */
  closings = 0;
  /** How much one write takes at most, in bytes. */
  writeAtMostBytes = Infinity;
  /** Thrown by every write. */
  writeError: Error | undefined;
  #incoming: Uint8Array[] = [];
  #isEnded = false;
  #reader: (() => void) | undefined;
  #gate: PromiseWithResolvers<void> | undefined;

  /** This, for code that takes a connection. */
  get conn(): Deno.Conn {
    return this as unknown as Deno.Conn;
  }

  /** Everything that was written, in one piece. */
  get sent(): Uint8Array {
    return Uint8Array.from(this.written.flatMap((bytes) => [...bytes]));
  }

  /** Lets bytes come. */
  feed(...parts: readonly Uint8Array[]): void {
    this.#incoming.push(...parts.filter((part) => part.length > 0));
    this.#reader?.();
  }

  /** The other side leaves. */
  end(): void {
    this.#isEnded = true;
    this.#reader?.();
  }

  /** From now on writes wait: the other side does not read. */
  hold(): void {
    this.#gate ??= Promise.withResolvers();
  }

  /** Writes go on. */
  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#incoming.length === 0) {
      if (this.#isEnded || this.closings > 0) return null;
      await new Promise<void>((resolve) => this.#reader = resolve);
    }
    const first = this.#incoming.shift()!;
    const taken = first.subarray(0, buffer.length);
    if (taken.length < first.length) this.#incoming.unshift(first.subarray(taken.length));
    buffer.set(taken);
    return taken.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate?.promise;
    if (this.writeError !== undefined) throw this.writeError;
    const taken = bytes.slice(0, Math.min(bytes.length, this.writeAtMostBytes));
    this.written.push(taken);
    return taken.length;
  }

  close(): void {
    this.closings++;
    this.release();
    this.#reader?.();
  }
}
