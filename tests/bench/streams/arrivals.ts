import { Buffer } from "node:buffer";
import { ok, strictEqual } from "node:assert/strict";
import type { BenchRecord } from "./stream_hand.ts";

const KEYS = 100;
const BYTES = 1_024;

/** The record of a number: its body says the number, and no other has this body. */
export function benchRecord(n: number): BenchRecord {
  return { id: undefined, time: undefined, key: keyOf(n), body: bodyOf(n) };
}

function keyOf(n: number): string {
  return `key ${n % KEYS}`;
}

function bodyOf(n: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(BYTES).fill(n % 251);
  new DataView(body.buffer).setUint32(0, n);
  return body;
}

/** Looks at what arrives of the records from 0 on: each once, those of one key in their order, keys and bodies as they were sent, with names and times. */
export class Arrivals {
  /** How many have arrived. */
  count = 0;
  readonly #next = Array.from({ length: KEYS }, (_, lane) => lane); // of each key
  readonly #since = Date.now();

  /** @throws {AssertionError} If one is missing before one of these, came before, or is not as it was sent. */
  check(records: readonly BenchRecord[]): void {
    for (const { id, time, key, body } of records) {
      const n = new DataView(body.buffer, body.byteOffset).getUint32(0);
      strictEqual(n, this.#next[n % KEYS], `the next of "${keyOf(n)}"`);
      this.#next[n % KEYS]! += KEYS;
      strictEqual(key, keyOf(n));
      ok(Buffer.compare(body, bodyOf(n)) === 0, `record ${n} has another body`);
      ok(id !== undefined && id.length >= 32, `record ${n} has no name`);
      ok(Math.abs(time!.getTime() - this.#since) < 3_600_000, `record ${n} has another time`);
    }
    this.count += records.length;
  }
}
