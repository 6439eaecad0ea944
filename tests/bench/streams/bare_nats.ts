import { headersOf, partitionOf, READ_TOGETHER, type StreamHand } from "./stream_hand.ts";

interface Headers {
  get(name: string): string;
  set(name: string, value: string): void;
  readonly code: number;
}

interface Message {
  readonly data: Uint8Array;
  readonly reply?: string;
  readonly headers?: Headers;
  json<Value>(): Value;
}

interface Connection {
  publish(subject: string, data: Uint8Array | string, options?: { reply?: string }): void;
  request(
    subject: string,
    data: Uint8Array | string,
    options: { timeout: number; headers?: Headers },
  ): Promise<Message>;
  subscribe(subject: string): AsyncIterable<Message>;
  close(): Promise<void>;
}

interface Transport {
  connect(options: { servers: string }): Promise<Connection>;
  createInbox(): string;
  headers(): Headers;
}

const TIMEOUT_MS = 5_000;

/**
 * NATS by its client alone: each message is published with an id of its own and confirmed, a hundred at once; a durable consumer gives a
 * hundred, and `acks` says whether each is acknowledged, as a group needs whose members fail, or the last for all before it.
 */
export async function bareNats(
  address: string,
  { stream, acks }: { stream: string; acks: "explicit" | "all" },
): Promise<StreamHand> {
  const name = "@nats-io/transport-node"; // in a variable, as in the library
  const { connect, createInbox, headers: newHeaders } = await import(name) as Transport;
  const connection = await connect({ servers: address.replace("nats://", "") });
  const options = { timeout: TIMEOUT_MS };
  async function ask(what: string, question: object): Promise<void> {
    const answer = (await connection.request(`$JS.API.${what}`, JSON.stringify(question), options)).json<
      { error?: object }
    >();
    if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
  }
  await ask(`STREAM.CREATE.${stream}`, {
    name: stream,
    subjects: [`${stream}.*`],
    storage: "file",
    retention: "limits",
  });
  await ask(`CONSUMER.DURABLE.CREATE.${stream}.g`, {
    stream_name: stream,
    config: { durable_name: "g", ack_policy: acks, max_ack_pending: 1_000, deliver_policy: "all" },
  });
  return {
    async publish(records) {
      await Promise.all(records.map(async (record) => {
        const { key, body } = record;
        const headers = newHeaders();
        headers.set("Nats-Msg-Id", crypto.randomUUID());
        headers.set("key", key);
        for (const [header, value] of Object.entries(headersOf(record))) headers.set(header, value);
        const answer = await connection.request(`${stream}.${partitionOf(key)}`, body, { ...options, headers });
        if (!(answer.json<{ seq: number }>().seq > 0)) throw new Error("not kept");
      }));
    },
    read() {
      const inbox = createInbox();
      const messages = connection.subscribe(inbox)[Symbol.asyncIterator]();
      let batch: Message[] = [];
      return Promise.resolve({
        async next() {
          for (batch = []; batch.length === 0;) {
            const question = { batch: READ_TOGETHER, expires: 2e9 }; // nanoseconds
            connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.g`, JSON.stringify(question), { reply: inbox });
            while (batch.length < READ_TOGETHER) {
              const { value: message } = await messages.next();
              if (message.headers?.code > 0) break; // no more for now
              batch.push(message);
            }
          }
          return batch.map(({ data, headers }) => {
            const [id, time, key] = [headers!.get("id"), new Date(headers!.get("time")), headers!.get("key")];
            return { id, time, key, body: data as Uint8Array<ArrayBuffer> };
          });
        },
        ack() {
          const told = acks === "all" ? batch.slice(-1) : batch;
          return Promise.all(told.map(({ reply }) => connection.request(reply!, "+ACK", options)));
        },
        async close() {
          await messages.return?.();
        },
      });
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
