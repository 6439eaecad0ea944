/** A record, as whoever works with it needs it. */
export interface BenchRecord {
  /** Where it is undefined, whoever publishes makes one. */
  readonly id: string | undefined;
  /** Where it is undefined, it is now. */
  readonly time: Date | undefined;
  readonly key: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** One who publishes records to a stream at a broker, 100 at once, and reads them, 400 at once. */
export interface StreamHand extends AsyncDisposable {
  /** Resolves when the broker keeps all of them, in their order. */
  publish(records: readonly BenchRecord[]): Promise<void>;
  /** Goes on reading where its group is, whose place the broker keeps. Resolves when it may read; nothing is fetched before. */
  read(): Promise<Reading>;
}

/** Who reads. */
export interface Reading {
  /** Records that came together. */
  next(): Promise<readonly BenchRecord[]>;
  /** Acknowledges them. */
  ack(): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens a stream by its name. */
export type OpenHand = (address: string, name: string) => Promise<StreamHand>;

export const BATCH = 100;
export const READ_TOGETHER = 400; // at most
export const PARTITIONS = 4;

/** The partition of a key, where somebody has to say it. */
export function partitionOf(key: string): number {
  return Number(key.slice(key.indexOf(" "))) % PARTITIONS;
}

/** What travels beside a body: by hand too a record has a name and a time. */
export function headersOf({ id, time }: BenchRecord): { id: string; time: string; "content-type": string } {
  return {
    id: id ?? crypto.randomUUID(),
    time: (time ?? new Date()).toISOString(),
    "content-type": "application/octet-stream",
  };
}
