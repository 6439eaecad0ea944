/**
 * How much a server takes before it refuses. Each limit is above 0; `Infinity` is none. What Deno refuses itself, with 400, cannot be
 * set: more than 64 KiB of headers, path included.
 */
export interface ServerLimits {
  /** How many requests the graph works on at once; others wait. Default 256. */
  maxConcurrent?: number;
  /** How many of these may be for one model, so that a slow one leaves room for the others. Default half of `maxConcurrent`. */
  maxConcurrentPerModel?: number;
  /** How many requests may wait for their turn; what comes then is answered 503 at once. Default 1,024. */
  maxQueued?: number;
  /** How many of these may be for one model. Default half of `maxQueued`. */
  maxQueuedPerModel?: number;
  /** Who has waited so long for a turn is answered 503, in milliseconds. Default 10,000. */
  queueTimeoutMs?: number;
  /**
   * An event without an answer after so many milliseconds fails with 504, also a stream that has not ended, whether it is read or not, unless the graph has a
   * `timeoutMs` of its own. Default 120,000.
   */
  requestTimeoutMs?: number;
  /** The largest body, also unpacked; 413 beyond. Default 64 MiB. */
  bodyLimitBytes?: number;
  /** All bodies of requests that are not answered yet, JSON from 64 KiB on as what may become of it: 16 times its size; 503 beyond. Default 1 GiB. */
  bodiesLimitBytes?: number;
  /**
   * The largest body, unpacked, that is read as JSON and not in a thread of its own, as requests of tensors are; 413 beyond. What is read so
   * takes some time from the others, in slices. Default 16 MiB.
   */
  jsonLimitBytes?: number;
  /** A body that has not come after so many milliseconds is answered 408. Default 30,000. */
  bodyTimeoutMs?: number;
  /** All replies that wait for their readers, those from 64 KiB on and streamed chunks; what is beyond is answered 503. Default 1 GiB. */
  repliesLimitBytes?: number;
  /**
   * A reply from 64 KiB on, or a stream, whose reader has taken nothing of what there is for so many milliseconds breaks off; a stream for
   * whose turn others wait after a quarter of `queueTimeoutMs`. Default 30,000.
   */
  replyTimeoutMs?: number;
  /** The longest path with its query, in characters; 414 beyond. Default 8,192. */
  urlLimitCharacters?: number;
}

/** Limits that are all there. */
export type AllLimits = Readonly<Required<ServerLimits>>;

const MEBIBYTE = 2 ** 20;

const DEFAULTS: AllLimits = {
  maxConcurrent: 256,
  maxConcurrentPerModel: 128,
  maxQueued: 1_024,
  maxQueuedPerModel: 512,
  queueTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  bodyLimitBytes: 64 * MEBIBYTE,
  bodiesLimitBytes: 1_024 * MEBIBYTE,
  jsonLimitBytes: 16 * MEBIBYTE,
  bodyTimeoutMs: 30_000,
  repliesLimitBytes: 1_024 * MEBIBYTE,
  replyTimeoutMs: 30_000,
  urlLimitCharacters: 8_192,
};

/**
 * The limits with their defaults.
 *
 * @throws {RangeError} If one is not above 0, or is none of these.
 */
export function allLimits(given: ServerLimits = {}): AllLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new RangeError(`Cannot limit "${name}": limits are ${Object.keys(DEFAULTS).join(", ")}`);
    }
    if (typeof value !== "number" || !(value > 0)) {
      throw new RangeError(`Cannot limit ${name} to ${String(value)}: it is a number above 0; Infinity is no limit`);
    }
  }
  const limits = { ...DEFAULTS, ...given };
  return {
    ...limits,
    maxConcurrentPerModel: given.maxConcurrentPerModel ?? Math.ceil(limits.maxConcurrent / 2),
    maxQueuedPerModel: given.maxQueuedPerModel ?? Math.ceil(limits.maxQueued / 2),
  };
}
