import type { StreamAway } from "./answering.ts";
import type { Delivery } from "./delivery.ts";

/** What is published: a body, and what is known about it. */
export interface NewRecord<Body = unknown> {
  /** Any data: what JSON has no word for comes out the same too; see the README for what cannot travel. */
  readonly body: Body;
  /** Records of one key keep their order; the empty text is a key too. Default: none. */
  readonly key?: string | undefined;
  /** Names the record in logs, and through retries. Default: a new UUID. */
  readonly id?: string | undefined;
  /** The path of the event that it was. Default: none. */
  readonly path?: string | undefined;
  /** When it happened. Default: when it is published. */
  readonly time?: Date | undefined;
  /**
   * What travels beside the body: `content-type`, `traceparent`, up to 128 names of one's own, none of which begins with `levada-`. Text and bytes
   * go as they are under a type that is no JSON's; other bodies are JSON. Default: none.
   */
  readonly headers?: HeadersInit | undefined;
  /** Who sends a dead letter again. Default: it is none. */
  readonly replay?: Replay | undefined;
}

/** Who sent a dead letter again, and when. */
export interface Replay {
  /** A person, as `ann@laptop`. */
  readonly by: string;
  /** The last time. */
  readonly at: Date;
  /** How often by now, 1 or more. */
  readonly count: number;
}

/** How a record became a dead letter. */
export interface Burial {
  /** The group that could not work on it. */
  readonly group: string;
  /** How often the group had been given it; 0 where nobody wrote that down. */
  readonly tries: number;
  /** When the group gave it up. */
  readonly at: Date;
  /** What of the record was too large for the stream of dead letters beside its error, and is gone; left out where all is there. */
  readonly cut?: string;
}

/** What went wrong with a record, in which step. */
export interface RecordError {
  /** The class of what was thrown. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
  /** The step that failed; empty where no step did. */
  readonly step: string;
}

/** What comes out of a stream. */
export interface StreamRecord<Body = unknown> {
  /** As it was published. */
  readonly id: string;
  /** As it was published; undefined without one. */
  readonly key: string | undefined;
  /** As it was published; bytes where `unreadable` says why. */
  readonly body: Body;
  /** What travelled beside the body, `content-type` among it. */
  readonly headers: Headers;
  /** When it happened. */
  readonly time: Date;
  /** The path of the event that it was; undefined where nobody said. */
  readonly path: string | undefined;
  /** Records of one partition come in order. */
  readonly partition: string;
  /** Its place in its partition, as the driver writes it. */
  readonly offset: string;
  /** How often the group has been given it, this time included: 1 or more; 0 where it is only looked at. */
  readonly tries: number;
  /** Why the body is not what its content type says; undefined where it is. */
  readonly unreadable: string | undefined;
  /** What went wrong with it, for a record in a stream of dead letters. */
  readonly error: RecordError | undefined;
  /** Who gave it up, for a record in a stream of dead letters. */
  readonly burial: Burial | undefined;
  /** Who sent it again, for one that has been a dead letter; it stays with it when it becomes one again. */
  readonly replay: Replay | undefined;
}

/** A record that somebody looks at: its `tries` are 0. */
export interface LookedRecord<Body = unknown> extends StreamRecord<Body> {
  /** The body as it travels; undefined where MLRun's wrapper was taken off it. */
  readonly bytes: Uint8Array | undefined;
}

/** Who reads, and from where. */
export interface SubscribeOptions {
  /** Subscribers of one group share the records; each group gets all of them. 1 to 255 bytes of text, at Kafka without spaces. */
  readonly group: string;
  /** Where a group begins that has not read before: at the first record (default), behind the last, or at a time of publishing. */
  readonly from?: "start" | "end" | Date | undefined;
  /** How many records a delivery has at most, 1 or more. Default 100. */
  readonly maxRecords?: number | undefined;
  /** How often a record is given out before `nack` sends it to the dead letters, 1 or more. Default 5. */
  readonly maxTries?: number | undefined;
  /** The pause after the first `nack`, in milliseconds; it doubles with each try, up to two minutes. Default 100. */
  readonly backoffMs?: number | undefined;
}

/**
 * One subscriber: an async iterable of deliveries, read once. Deliveries may be asked for before those before are settled, so a
 * reader bounds what it has in hand by not asking.
 */
export interface Subscription<Body = unknown>
  extends AsyncIterableIterator<Delivery<Body>, undefined, void>, AsyncDisposable {
  /** Since when what keeps the stream does not answer, while who asks for records waits; undefined where it does, or asking fails at once. */
  away?(): StreamAway | undefined;
  /** Leaves the group: what is not settled is given to other subscribers, or to the next that comes. */
  close(): Promise<void>;
}

/** The group that those who publish wait for, as it is the furthest behind. */
export interface StreamHolder {
  /** The group's name. */
  readonly group: string;
  /** How many records it has not acknowledged. */
  readonly lag: number;
  /** Whether somebody reads as it now. */
  readonly isRead: boolean;
}

/**
 * Records that wait between those who publish and those who read; what a group has not acknowledged is delivered again, at least
 * once: after a crash, a broker that keeps one offset a partition gives again what was acknowledged behind a record that was not.
 */
export interface Stream<Body = unknown> extends AsyncDisposable {
  /** As it was opened. */
  readonly path: string;
  /**
   * Resolves when the stream keeps all of them; waits while it is full.
   *
   * @throws {StreamError} If a record cannot travel, or the stream is closed.
   */
  publish(records: readonly NewRecord<Body>[]): Promise<void>;
  /**
   * Joins a group; resolves when its place in the stream is known.
   *
   * @throws {StreamError} If the stream is closed.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription<Body>>;
  /** How many records the group has not acknowledged. */
  lag(group: string): Promise<number>;
  /**
   * What a group has not acknowledged, oldest first, up to what is there when reading begins. It joins no group, so nobody gets less
   * for it. A broker that keeps one offset a partition (Kafka) gives too what was acknowledged behind a record that was not.
   */
  look(group: string): AsyncGenerator<LookedRecord<Body>>;
  /** Whom publishers wait for, where there is no room; undefined where there is. Left out where nobody ever waits for a group. */
  heldBy?(): StreamHolder | undefined;
  /** Another process has published: who waits here looks at once, however late its news may be. Left out where a broker tells. */
  expectNews?(): void;
  /** Ends every subscription that was made here, and lets go of what it took to open it; the records stay. */
  close(): Promise<void>;
  /** Ends as a kill does, for tests: nobody says goodbye, what was not acknowledged stays so. Default: as `close`. */
  abandon?(): Promise<void>;
}
