/** HTTP as bytes: for what no client would send. */

const TEXT = new TextEncoder();

/** One connection to a server on this machine. */
export class RawConnection implements Disposable {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  #text = "";

  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    this.#connection = connection;
  }

  /** Opens a connection to the server of a URL; over TLS with this certificate, which is its authority too. */
  static async open(url: string, own?: { readonly cert: string; readonly key: string }): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    if (own === undefined) return new RawConnection(await Deno.connect({ hostname, port: Number(port) }));
    return new RawConnection(
      await Deno.connectTls({ hostname: "localhost", port: Number(port), caCerts: [own.cert], ...own }),
    );
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

  /** What comes first, however much it is. */
  async some(): Promise<string> {
    await this.#read();
    return this.#text;
  }

  /** Everything until the server hangs up. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#text;
  }

  /** What has been read and not been taken. */
  get text(): string {
    return this.#text;
  }

  /** Reads what comes next; throws where nothing does. */
  async more(): Promise<void> {
    if (!await this.#read()) throw new Error(`the server hung up behind ${JSON.stringify(this.#text.slice(-1_000))}`);
  }

  /** Takes what has been read. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** How often a letter comes behind the first empty line, until the server hangs up; what comes is not kept. */
  async count(letter: string): Promise<number> {
    const start = this.#text.indexOf("\r\n\r\n") + 4;
    let count = 0;
    this.#text = this.#text.slice(start);
    do count += this.take().split(letter).length - 1; while (await this.#read());
    return count;
  }

  /** One reply that says where it ends: status, headers as text, body. */
  async reply(): Promise<{ status: number; head: string; body: string }> {
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n");
      const head = this.#text.slice(0, end);
      const body = end < 0 ? undefined : bodyOf(head, this.#text.slice(end + 4));
      if (body !== undefined) {
        this.#text = this.#text.slice(end + 4 + body.length);
        return { status: Number(head.split(" ")[1]), head, body: body.text };
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

/** The body behind a head, and what it takes on the wire; undefined where it has not all come. */
function bodyOf(head: string, rest: string): { text: string; length: number } | undefined {
  if (!/^transfer-encoding: chunked/im.test(head)) {
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    return rest.length < length ? undefined : { text: rest.slice(0, length), length };
  }
  let text = "";
  for (let at = 0;;) {
    const line = rest.indexOf("\r\n", at);
    const size = line < 0 ? NaN : parseInt(rest.slice(at, line), 16);
    if (Number.isNaN(size) || rest.length < line + 2 + size + 2) return undefined;
    text += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (size === 0) return { text, length: at };
  }
}
