import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type KafkaProducer, loadKafka, type RoutedMessage } from "../../../../../lib/streams/kafka/kafka_client.ts";
import { messageOf } from "../../../../../lib/streams/kafka/kafka_message.ts";
import { leanProducer } from "../../../../../lib/streams/kafka/lean_producer.ts";
import { FOREIGN_HEADERS, NO_VALUE } from "../../../../../lib/streams/record_headers.ts";
import type { WireRecord } from "../../../../../lib/streams/record.ts";

const kafka = await loadKafka();

/** What the client itself writes, and what answers are read by. */
interface Request {
  createRequest(acks: number, timeout: number, messages: object[], options: object): { readonly buffer: Uint8Array };
}

interface Api {
  readonly version: number;
  (
    connection: { send(key: number, version: number, write: () => { readonly buffer: Uint8Array }): void },
    ...args: unknown[]
  ): void;
}

/** How a producer of ours asks a broker that takes requests of a version. */
function apiOf(version: number, name = "Produce"): { api?: Api; error?: Error } {
  let answer: { api?: Api; error?: Error } = {};
  const its = { version, name };
  const producer = {
    [kafka.kGetApi]: (_name: string, give: (error: Error | null, api?: unknown) => void) => give(null, its),
  } as unknown as
    & KafkaProducer
    & Record<symbol, (name: string, give: (error: Error | null, api?: Api) => void) => void>;
  leanProducer(producer, kafka);
  producer[kafka.kGetApi]!(name, (error, api) => answer = error === null ? { api: api! } : { error });
  return answer;
}

const OPTIONS = {
  producerId: 77n,
  producerEpoch: 3,
  sequences: { getWithDefault: (at: string) => at === "b:4" ? 70_000 : 5 },
};
const NOW = 1_795_675_698_809;

function write(api: Api, messages: readonly RoutedMessage[], options: object): Uint8Array {
  let written: Uint8Array | undefined;
  const { now } = Date;
  Date.now = () => NOW;
  try {
    api({ send: (_key, _version, write) => written = write().buffer }, -1, 5_000, messages, options, () => {});
  } finally {
    Date.now = now;
  }
  return written!;
}

/** Records of every size at which a length takes one more byte. */
function records(): WireRecord[] {
  const headers = { "content-type": "application/json", "levada-id": "ä / 漢 😀", empty: "" };
  const sizes = [0, 1, 20, 30, 40, 63, 64, 8_100, 8_190, 8_191, 8_192, 1_048_500, 1_048_576];
  return [
    ...sizes.map((size) => ({ key: "k".repeat(size % 100), bytes: new Uint8Array(size).fill(size), headers })),
    ...sizes.map((size) => ({ key: undefined, bytes: new Uint8Array(size), headers: {} })),
    {
      key: "g",
      bytes: new Uint8Array(),
      headers: { "x-a": "b", "content-type": NO_VALUE, [FOREIGN_HEADERS]: "WC1B:AP8=,Qg==:" },
    },
    { key: "grün", bytes: new Uint8Array(), headers: { "x-a": "y".repeat(70) } },
  ];
}

function routed(at: readonly (readonly [topic: string, partition: number])[]): RoutedMessage[] {
  return records().map((record, index) => {
    const [topic, partition] = at[index % at.length]!;
    return { ...messageOf(record, { topic, maxBytes: Infinity, act: "" }), partition };
  });
}

for (const version of [9, 10, 11]) {
  Deno.test(`leanProducer() writes to the byte what the client would, version ${version}`, () => {
    const { createRequest } = kafka[`produceV${version}`] as Request;
    const { api } = apiOf(version);
    for (const at of [[["a", 0]], [["a", 0], ["b", 4], ["a", 300], ["größe", 1]]] as const) {
      for (const options of [OPTIONS, { ...OPTIONS, transactionalId: "levada ü" }, {}]) {
        const messages = routed(at);
        const theirs = messages.map(({ value: { bytes, headers, foreign }, ...message }) => ({
          ...message,
          value: bytes,
          headers: new Map([
            ...Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const),
            ...foreign,
          ]),
          timestamp: BigInt(NOW),
        }));
        const expected = createRequest(-1, 5_000, theirs, options).buffer;
        strictEqual(Buffer.compare(write(api!, messages, options), expected), 0);
      }
    }
  });
}

Deno.test("leanProducer() leaves other requests as they are, and says what it needs", () => {
  deepStrictEqual(apiOf(4, "InitProducerId"), { api: { version: 4, name: "InitProducerId" } });
  strictEqual(apiOf(8).error?.message, "Kafka 2.4 or later is needed: it takes records as of version 8");
});
