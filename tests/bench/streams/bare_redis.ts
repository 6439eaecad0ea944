import { Buffer } from "node:buffer";
import { headersOf, partitionOf, PARTITIONS, READ_TOGETHER, type StreamHand } from "./stream_hand.ts";

interface Client {
  connect(): Promise<unknown>;
  sendCommand(words: readonly (string | Uint8Array)[]): Promise<unknown>;
  withTypeMapping(mapping: object): Client;
  destroy(): void;
}

interface Redis {
  createClient(options: { url: string; RESP: 2 }): Client;
  readonly RESP_TYPES: { readonly BLOB_STRING: number };
}

type Entry = readonly [id: Buffer, fields: readonly Buffer[]];
type Read = readonly (readonly [stream: Buffer, entries: readonly Entry[]])[] | null;

/**
 * Redis by npm's `redis` alone: XADD in a pipeline. Who reads `in a group` has the server keep who has which record, with XREADGROUP and
 * XACK, and begins with what it had and did not acknowledge; who reads `alone` asks with XREAD and keeps its place in a hash.
 */
export async function bareRedis(
  address: string,
  { stream, reads }: { stream: string; reads: "in a group" | "alone" },
): Promise<StreamHand> {
  const name = "redis"; // in a variable, as in the library
  const { createClient, RESP_TYPES } = await import(name) as Redis;
  const client = createClient({ url: address, RESP: 2 });
  await client.connect();
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const streams = Array.from({ length: PARTITIONS }, (_, partition) => `bare:${stream}:${partition}`);
  for (const stream of streams) await client.sendCommand(["XGROUP", "CREATE", stream, "g", "0", "MKSTREAM"]);
  const count = ["COUNT", String(READ_TOGETHER / PARTITIONS), "BLOCK", "1000", "STREAMS", ...streams];
  const places = `bare:${stream}:places`;
  return {
    async publish(records) {
      await Promise.all(records.map((record) => {
        const { key, body } = record;
        const stream = streams[partitionOf(key)]!;
        const words = ["XADD", stream, "*", "key", key, "head", JSON.stringify(headersOf(record))];
        return client.sendCommand([...words, "body", Buffer.from(body.buffer, body.byteOffset, body.length)]);
      }));
    },
    async read() {
      const kept = await client.sendCommand(["HMGET", places, ...streams]) as (string | null)[];
      const words = ["XREADGROUP", "GROUP", "g", "c", ...count];
      const from = new Map(streams.map((stream, index) => [stream, kept[index] ?? "0"]));
      const waiting: (readonly [Buffer, readonly Entry[]])[] = [];
      let [stream, entries]: [string, readonly Entry[]] = ["", []];
      let isBegun = false; // what was in hand before, first
      async function ask(): Promise<NonNullable<Read>> {
        if (reads === "alone") return await bytes.sendCommand(["XREAD", ...count, ...from.values()]) as Read ?? [];
        const read = await bytes.sendCommand([...words, ...streams.map(() => isBegun ? ">" : "0")]) as Read ?? [];
        isBegun ||= read.every(([_, entries]) => entries.length === 0);
        return read.filter(([_, entries]) => entries.length > 0);
      }
      return {
        async next() {
          while (waiting.length === 0) waiting.push(...await ask());
          const [name, records] = waiting.shift()!;
          [stream, entries] = [name.toString(), records];
          return records.map(([_id, [_key, key, _head, head, _body, body]]) => {
            const { id, time } = JSON.parse(head!.toString());
            return { id, time: new Date(time), key: key!.toString(), body: body as Uint8Array<ArrayBuffer> };
          });
        },
        ack() {
          const ids = entries.map(([id]) => id.toString());
          if (reads === "in a group") return client.sendCommand(["XACK", stream, "g", ...ids]);
          from.set(stream, ids.at(-1)!);
          return client.sendCommand(["HSET", places, stream, ids.at(-1)!]);
        },
        close: () => Promise.resolve(),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(client.destroy()),
  };
}
