/**
 * A WebSocket to Deno's inspector, RFC 6455 as far as that speaks it. Deno's own client writes the head of a frame of 1 kB or more and what
 * it holds apart, and the inspector (Deno 2.9.6) loses one connection in a hundred by that: here a frame is one write.
 */

import { Buffer } from "node:buffer";

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const FINAL = 0x80;
const MASKED = 0x80;
const CLOSE_MS = 1_000; // for the other side's goodbye
const HEAD_LIMIT = 16_384;

/** One open connection. */
export class InspectorSocket {
  /** Gets each text that comes, in order. */
  onmessage: (event: { readonly data: string }) => void = () => {};
  /** Is called once, when the connection has ended, whatever the cause. */
  onclose: () => void = () => {};
  readonly #connection: Deno.TcpConn;
  #writing: Promise<void> = Promise.resolve();
  #isOpen = true;
  #closing: ReturnType<typeof setTimeout> | undefined;

  private constructor(connection: Deno.TcpConn, first: Uint8Array) {
    this.#connection = connection;
    void this.#read(first).catch(() => {}).finally(() => this.#end());
  }

  /**
   * Connects to a `ws:` address.
   *
   * @throws {Error} If nobody is there, or who is there speaks something else.
   */
  static async connect(url: string): Promise<InspectorSocket> {
    const { hostname, port, host, pathname } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    try {
      const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
      const head = [
        `GET ${pathname} HTTP/1.1`,
        `Host: ${host}`,
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Key: ${key}`,
        "Sec-WebSocket-Version: 13",
      ];
      await writeAll(connection, new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
      return new InspectorSocket(connection, await readHead(connection, url));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether something can be sent. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends a text, behind what was sent before. */
  send(text: string): void {
    this.#write(TEXT, new TextEncoder().encode(text));
  }

  /** Says goodbye; `onclose` tells when the connection has ended. */
  close(): void {
    if (!this.#isOpen || this.#closing !== undefined) return;
    this.#write(CLOSE, new Uint8Array());
    this.#closing = setTimeout(() => this.#end(), CLOSE_MS);
  }

  #write(opcode: number, payload: Uint8Array): void {
    const frame = frameOf(opcode, payload);
    this.#writing = this.#writing.then(() => writeAll(this.#connection, frame)).catch(() => this.#end());
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#closing);
    this.#connection.close();
    this.onclose();
  }

  async #read(first: Uint8Array): Promise<void> {
    const bytes = new Incoming(this.#connection, first);
    let parts: Uint8Array[] = [];
    while (this.#isOpen) {
      const [start, size] = await bytes.take(2) as unknown as [number, number];
      const short = size & 0x7f;
      const length = short < 126
        ? short
        : short === 126
        ? viewOf(await bytes.take(2)).getUint16(0)
        : Number(viewOf(await bytes.take(8)).getBigUint64(0));
      const payload = await bytes.take(length);
      const opcode = start & 0xf;
      if (opcode === CLOSE) return;
      if (opcode === PING) this.#write(PONG, payload);
      if (opcode >= CLOSE) continue;
      parts.push(payload);
      if ((start & FINAL) === 0) continue;
      const text = new TextDecoder().decode(Buffer.concat(parts));
      parts = [];
      this.onmessage({ data: text });
    }
  }
}

/** Bytes that come, as many as are asked for. */
class Incoming {
  readonly #connection: Deno.TcpConn;
  #bytes: Uint8Array;

  constructor(connection: Deno.TcpConn, first: Uint8Array) {
    this.#connection = connection;
    this.#bytes = first;
  }

  async take(count: number): Promise<Uint8Array> {
    const parts = [this.#bytes];
    let there = this.#bytes.length;
    while (there < count) {
      const part = new Uint8Array(65_536);
      const read = await this.#connection.read(part);
      if (read === null) throw new Error("the connection has ended");
      parts.push(part.subarray(0, read));
      there += read;
    }
    const all = parts.length === 1 ? this.#bytes : Buffer.concat(parts);
    this.#bytes = all.subarray(count);
    return all.subarray(0, count);
  }
}

/** Reads the answer to the handshake; gives what came behind it. */
async function readHead(connection: Deno.TcpConn, url: string): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array();
  for (;;) {
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      if (text.startsWith("HTTP/1.1 101")) return bytes.subarray(end + 4);
      throw new Error(`${url} is no inspector: it answered ${text.slice(0, text.indexOf("\r\n"))}`);
    }
    const part = new Uint8Array(4_096);
    const read = await connection.read(part);
    if (read === null || bytes.length > HEAD_LIMIT) throw new Error(`${url} is no inspector: it hung up`);
    bytes = Buffer.concat([bytes, part.subarray(0, read)]);
  }
}

/** A whole frame; its mask is nothing, as nothing on the way is to be fooled. */
function frameOf(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + extra + 4 + length);
  const view = viewOf(frame);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) view.setUint16(2, length);
  if (extra === 8) view.setBigUint64(2, BigInt(length));
  frame.set(payload, 2 + extra + 4);
  return frame;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}
