/** HTTP as bytes: for what no client would send. */

const TEXT = new TextEncoder();

/** One connection to a server on this machine. */
export class RawConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  #text = "";

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Opens a connection to the server of a URL. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new RawConnection(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Writes bytes, as far as the server takes them. */
  async send(bytes: string | Uint8Array): Promise<void> {
    let rest = typeof bytes === "string" ? TEXT.encode(bytes) : bytes;
    try {
      while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
    } catch {
      // the server has hung up: what it answered can be read all the same
    }
  }

  /** Sends no more, but reads. */
  async half(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Everything until the server hangs up. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#text;
  }

  /** One reply that says its length: status, headers as text, body. */
  async reply(): Promise<{ status: number; head: string; body: string }> {
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n");
      const head = this.#text.slice(0, end);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (end >= 0 && this.#text.length >= end + 4 + length) {
        const body = this.#text.slice(end + 4, end + 4 + length);
        this.#text = this.#text.slice(end + 4 + length);
        return { status: Number(head.split(" ")[1]), head, body };
      }
      if (!await this.#read()) throw new Error(`the server hung up behind ${JSON.stringify(this.#text)}`);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch { /* it is closed */ }
  }

  async #read(): Promise<boolean> {
    const bytes = new Uint8Array(65_536);
    try {
      const count = await this.#connection.read(bytes);
      if (count === null) return false;
      this.#text += new TextDecoder("latin1").decode(bytes.subarray(0, count));
      return true;
    } catch {
      return false;
    }
  }
}
