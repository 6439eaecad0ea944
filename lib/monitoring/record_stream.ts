import type { Stream } from "../streams/stream.ts";
import type { ModelRecord } from "./model_record.ts";
import type { RecordSink } from "./record_sink.ts";

/** Puts records into a stream, those of one model in order: its endpoint is their key. */
export class RecordStream implements RecordSink {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  async write(records: readonly string[]): Promise<void> {
    await this.#stream.publish(records.map((text) => {
      const body: ModelRecord = JSON.parse(text);
      return { key: body.endpoint_id, body };
    }));
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }
}
