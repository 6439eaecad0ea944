/** One who publishes numbered records of 1 KB to a stream at a broker, 100 at once, and reads them, 400 at once. */
export interface StreamHand extends AsyncDisposable {
  /** Resolves when the broker keeps all of them, in their order. */
  publish(numbers: readonly number[]): Promise<void>;
  /** Goes on reading where its group is, whose place the broker keeps. Resolves when it may read; nothing is fetched before. */
  read(): Promise<Reading>;
}

/** Who reads. */
export interface Reading {
  /** Records that came together. */
  next(): Promise<readonly number[]>;
  /** Acknowledges them. */
  ack(): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens a stream by its name. */
export type OpenHand = (address: string, name: string) => Promise<StreamHand>;

export const BATCH = 100;
export const READ_TOGETHER = 400; // at most
export const PARTITIONS = 4;
const BYTES = 1_024;
const KEYS = 100;

/** The key of a number. */
export function keyOf(n: number): string {
  return `key ${n % KEYS}`;
}

/** The partition of a number, where somebody has to say it. */
export function partitionOf(n: number): number {
  return n % KEYS % PARTITIONS;
}

/** A body that says its number. */
export function bodyOf(n: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(BYTES);
  new DataView(body.buffer).setUint32(0, n);
  return body;
}

/** The number of a body. */
export function numberOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}

/** What travels beside a body: by hand too a record has a name and a time. */
export function headersOf(): Record<string, string> {
  return { id: crypto.randomUUID(), time: new Date().toISOString(), "content-type": "application/octet-stream" };
}
