const [SOCKET, TCP] = [1, 6]; // levels of options
const [COOKIE, TCP_INFO] = [57, 11];
const UNREAD = 0x541b; // of ioctl
const [LISTENING, ESTABLISHED, HALF_CLOSED] = [10, 1, 8];
const [WAITING_AT, RECEIVED_AT] = [24, 128]; // in struct tcp_info
const FREE_FILES = 4_096; // so many in a row: no socket comes after them

const LIBC = {
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** A socket of this process, as the kernel has it. */
export interface PortSocket {
  readonly file: number;
  readonly isListening: boolean;
  /** One that listens: how many connections nobody has accepted yet. */
  readonly waiting: number;
  /** A connection: how many bytes have come in, and how many of them nobody has read yet. */
  readonly received: number;
  readonly unread: number;
  /** No other socket has or had it. */
  readonly id: bigint;
}

/** The sockets that this process has at some ports, on Linux, where it may ask the C library. */
export class PortSockets implements Disposable {
  readonly #libc: Deno.DynamicLibrary<typeof LIBC>;
  readonly #ports: ReadonlySet<number>;
  readonly #value = new DataView(new ArrayBuffer(256));
  readonly #length = new Uint32Array(1);

  private constructor(libc: Deno.DynamicLibrary<typeof LIBC>, ports: ReadonlySet<number>) {
    this.#libc = libc;
    this.#ports = ports;
  }

  /** Undefined where the C library may not be asked, or has another name. */
  static open(ports: readonly number[]): PortSockets | undefined {
    if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
    try {
      return new PortSockets(Deno.dlopen("libc.so.6", LIBC), new Set(ports));
    } catch {
      return undefined;
    }
  }

  /** All there are now. */
  all(): PortSocket[] {
    const all: PortSocket[] = [];
    for (let file = 0, free = 0; free < FREE_FILES; file += 1, free += 1) {
      this.#length[0] = this.#value.byteLength;
      if (this.#libc.symbols.getsockname(file, this.#value, this.#length) !== 0) continue;
      free = 0;
      const found = this.#ports.has(this.#value.getUint16(2)) ? this.#look(file) : undefined;
      if (found !== undefined) all.push(found);
    }
    return all;
  }

  /** Sets an option of one; tells whether the kernel took it. */
  set(file: number, option: number, value: BigUint64Array<ArrayBuffer>): boolean {
    return this.#libc.symbols.setsockopt(file, SOCKET, option, value, value.byteLength) === 0;
  }

  #look(file: number): PortSocket | undefined {
    if (!this.#get(file, TCP, TCP_INFO)) return undefined;
    const state = this.#value.getUint8(0);
    if (state !== LISTENING && state !== ESTABLISHED && state !== HALF_CLOSED) return undefined;
    const isListening = state === LISTENING;
    const waiting = isListening ? this.#value.getUint32(WAITING_AT, true) : 0;
    const received = Number(this.#value.getBigUint64(RECEIVED_AT, true));
    const id = this.#get(file, SOCKET, COOKIE) ? this.#value.getBigUint64(0, true) : 0n;
    const hasUnread = !isListening && this.#libc.symbols.ioctl(file, BigInt(UNREAD), this.#value) === 0;
    return { file, isListening, waiting, received, unread: hasUnread ? this.#value.getInt32(0, true) : 0, id };
  }

  #get(file: number, level: number, option: number): boolean {
    this.#length[0] = this.#value.byteLength;
    return this.#libc.symbols.getsockopt(file, level, option, this.#value, this.#length) === 0;
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}
