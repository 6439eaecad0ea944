import type { Stream } from "../streams/stream.ts";
import type { RecordSink, SinkRecord } from "./record_sink.ts";

const UTF8 = new TextEncoder();

/** Puts records into a stream, those of one model in order: its endpoint is their key. */
export class RecordStream implements RecordSink {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  async write(records: readonly SinkRecord[]): Promise<void> {
    await this.#stream.publish(records.map(({ endpoint, text }) => ({
      key: endpoint,
      body: UTF8.encode(text), // JSON already: bytes travel as they are, and are read by their content type
      headers: { "content-type": "application/json" },
    })));
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }
}
