import { Buffer } from "node:buffer";
import {
  bodyOf,
  headersOf,
  keyOf,
  numberOf,
  partitionOf,
  PARTITIONS,
  READ_TOGETHER,
  type StreamHand,
} from "./stream_hand.ts";

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

/** Redis by npm's `redis` alone: XADD in a pipeline, XREADGROUP and XACK. */
export async function bareRedis(address: string, stream: string): Promise<StreamHand> {
  const name = "redis"; // in a variable, as in the library
  const { createClient, RESP_TYPES } = await import(name) as Redis;
  const client = createClient({ url: address, RESP: 2 });
  await client.connect();
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const streams = Array.from({ length: PARTITIONS }, (_, partition) => `bare:${stream}:${partition}`);
  for (const stream of streams) await client.sendCommand(["XGROUP", "CREATE", stream, "g", "0", "MKSTREAM"]);
  return {
    async publish(numbers) {
      await Promise.all(numbers.map((n) => {
        const words = ["XADD", streams[partitionOf(n)]!, "*", "key", keyOf(n), "head", JSON.stringify(headersOf())];
        return client.sendCommand([...words, "body", Buffer.from(bodyOf(n).buffer)]);
      }));
    },
    read() {
      const count = String(READ_TOGETHER / PARTITIONS);
      const words = ["XREADGROUP", "GROUP", "g", "c", "COUNT", count, "BLOCK", "1000", "STREAMS", ...streams];
      const ends = streams.map(() => ">");
      const waiting: (readonly [Buffer, readonly Entry[]])[] = [];
      let [stream, entries]: [string, readonly Entry[]] = ["", []];
      return Promise.resolve({
        async next() {
          while (waiting.length === 0) waiting.push(...await bytes.sendCommand([...words, ...ends]) as Read ?? []);
          const [name, records] = waiting.shift()!;
          [stream, entries] = [String(name), records];
          return records.map(([_id, fields]) => {
            if (JSON.parse(String(fields[3])).id === "") throw new Error("a record has no name");
            return numberOf(fields[5]!);
          });
        },
        ack: () => client.sendCommand(["XACK", stream, "g", ...entries.map(([id]) => String(id))]),
        close: () => Promise.resolve(),
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(client.destroy()),
  };
}
