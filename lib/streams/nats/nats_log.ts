import { StreamError } from "../../errors.ts";
import type { StreamAway } from "../answering.ts";
import { hashOf } from "../hash_of.ts";
import type { BrokerLog, Document, KeptRecord, Position } from "../leased/broker_log.ts";
import { OfflineError } from "../leased/offline_error.ts";
import { RefusedError } from "../leased/refused_error.ts";
import type { WireRecord } from "../record.ts";
import { TooLargeError } from "../too_large_error.ts";
import { INCOMPLETE, isForbidden, Refusal } from "./nats_answer.ts";
import type { NatsClient } from "./nats_client.ts";
import { readMessage, sequenceOf, sizeOf, writeHeaders } from "./nats_message.ts";

/** What a stream in NATS is made of. */
export interface NatsLogParts {
  readonly client: NatsClient;
  /** As messages name it. */
  readonly name: string;
  /** Records have the subjects `subject.0`, `subject.1` … */
  readonly subject: string;
  /** The stream of records, and that of the groups. */
  readonly stream: string;
  readonly groups: string;
  readonly partitions: number;
  /** How many bytes the stream takes of a message with its headers; undefined where as many as the server. */
  readonly maxMessageBytes?: number | undefined;
}

const READ_BYTES = 4_000_000; // at once, unless one record is larger
const FOUND_AT_ONCE = 100; // each has a subscription of its own
const FRAME_BYTES = 300; // what is added to a record: the marks of its batch
const LEAST_FRAME_BYTES = 64; // at least that is added: its id, and what headers begin and end with
const HEADER_BYTES = 65_535; // a message's, for JetStream
const TOLD_MS = 1_000; // as long the server's time is not asked for again
const WRONG_SEQUENCE = 10071; // another has written
const TOO_LARGE = [10054, 10097]; // for what the stream is set to; of headers
const TRIES_OF_INCOMPLETE = 3; // of a batch whose connection was not lost: something in it is refused
const KNOWN_ALREADY = 10201; // a message of the batch is kept: all of it is, and the answer was lost

/** A stream in JetStream: a subject a partition, and beside it a stream of the newest text of each subject, for the groups. */
export class NatsLog implements BrokerLog {
  readonly name: string;
  readonly partitions: number;
  readonly #parts: NatsLogParts;
  readonly #client: NatsClient;
  readonly #news: string;
  #told: { readonly now: number; readonly at: number } | undefined; // the server's time
  readonly #ids = new WeakMap<WireRecord, string>(); // of those that may be kept: sent again, the server knows them
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own

  constructor(parts: NatsLogParts) {
    this.name = parts.name;
    this.partitions = parts.partitions;
    this.#parts = parts;
    this.#client = parts.client;
    this.#news = `_LEVADA.news.${parts.subject}`;
  }

  get away(): StreamAway | undefined {
    return this.#client.answering.away;
  }

  async now(): Promise<number> {
    const { groups } = this.#parts;
    const askedAt = performance.now();
    if (this.#told === undefined || askedAt - this.#told.at > TOLD_MS) {
      const { ts } = await this.#client.ask<{ ts: string }>("read the groups of", `STREAM.INFO.${groups}`, "");
      this.#told = { now: Date.parse(ts), at: performance.now() };
    }
    return Math.floor(this.#told.now + performance.now() - this.#told.at);
  }

  async beginning(from: "start" | "end" | Date): Promise<Position[]> {
    const act = "subscribe to";
    const { stream } = this.#parts;
    let offset = 1;
    if (from !== "start") {
      const { state } = await this.#client.ask<{ state: { last_seq: number } }>(act, `STREAM.INFO.${stream}`, "");
      offset = state.last_seq + 1;
    }
    if (from instanceof Date) {
      const question = { start_time: from.toISOString(), batch: 1 };
      const [first] = await this.#attempt(act, () => this.#client.get(stream, question));
      if (first !== undefined) offset = sequenceOf(first.headers!);
    }
    return Array.from({ length: this.partitions }, () => ({ offset, behind: "" }));
  }

  check(record: WireRecord): void {
    const { max_payload: most } = this.#client.info;
    const { maxMessageBytes: mostOfStream = Infinity } = this.#parts;
    const headers = writeHeaders(record);
    let letters = 0;
    for (const name in headers) letters += name.length + headers[name]!.length + 4;
    const atMost = letters * 3 + FRAME_BYTES; // bytes of UTF-8
    if (atMost <= HEADER_BYTES && atMost + record.bytes.length <= Math.min(most, mostOfStream)) return;
    const ofHeaders = sizeOf(headers);
    const size = ofHeaders + record.bytes.length;
    const state = ofHeaders > HEADER_BYTES - FRAME_BYTES
      ? `${ofHeaders} bytes of headers, its key among them, and NATS takes ${HEADER_BYTES - FRAME_BYTES}`
      : size > most - FRAME_BYTES
      ? `${size} bytes with its headers, and the server takes ${most}. Raise its max_payload, or send where the data are`
      : size + LEAST_FRAME_BYTES > mostOfStream
      ? `${size} bytes with its headers, and the stream takes ${mostOfStream}. Raise its max_msg_size, or send where the data are`
      : undefined;
    if (state !== undefined) throw new TooLargeError(`Cannot publish to ${this.name}: a record has ${state}`);
  }

  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#appendTogether(records);
    this.#client.tell(this.#news, "");
  }

  async read(partition: number, { offset }: Position, most: number): Promise<KeptRecord[]> {
    const question = { seq: offset, next_by_subj: this.#subject(partition), batch: most, max_bytes: READ_BYTES };
    const { stream } = this.#parts;
    return (await this.#attempt("read", () => this.#client.get(stream, question))).map(readMessage);
  }

  async find(_partition: number, wanted: readonly Pick<KeptRecord, "offset">[]): Promise<KeptRecord[]> {
    const { stream } = this.#parts;
    const found: KeptRecord[] = [];
    for (let at = 0; at < wanted.length; at += FOUND_AT_ONCE) {
      const some = wanted.slice(at, at + FOUND_AT_ONCE).map(({ offset }) =>
        this.#attempt("read", () => this.#client.get(stream, { seq: offset }))
      );
      found.push(...(await Promise.all(some)).flat().map(readMessage));
    }
    return found;
  }

  async countFrom(partition: number, { offset }: Position): Promise<number> {
    const question = { seq: offset, next_by_subj: this.#subject(partition), batch: 1 };
    const { stream } = this.#parts;
    const [first] = await this.#attempt("ask for the lag of", () => this.#client.get(stream, question));
    return first === undefined ? 0 : Number(first.headers!.get("Nats-Num-Pending")) + 1;
  }

  async readDocuments(group: string, names: readonly string[]): Promise<(Document | undefined)[]> {
    const act = "read the groups of";
    return await Promise.all(names.map(async (name): Promise<Document | undefined> => {
      const question = { last_by_subj: this.#document(group, name) };
      const [kept] = await this.#attempt(act, () => this.#client.get(this.#parts.groups, question));
      if (kept === undefined) return undefined;
      return { version: sequenceOf(kept.headers!), text: new TextDecoder().decode(kept.data) };
    }));
  }

  async writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined> {
    const headers = this.#client.headers({ "Nats-Expected-Last-Subject-Sequence": String(over) });
    const message = { subject: this.#document(group, name), data: text, headers };
    try {
      return (await this.#attempt("settle records of", () => this.#client.send(message))).seq;
    } catch (error) {
      if (!(error instanceof Refusal && error.code === WRONG_SEQUENCE)) throw this.#fault("settle records of", error);
    }
    const [kept] = await this.readDocuments(group, [name]);
    return kept?.text === text ? kept.version : undefined; // the same text is the same writing, whose answer was lost
  }

  async groups(): Promise<string[]> {
    const { groups } = this.#parts;
    const question = { subjects_filter: `${groups}.>` };
    const { state: { subjects } } = await this.#client.ask<{ state: { subjects?: Record<string, number> | null } }>(
      "read the groups of",
      `STREAM.INFO.${groups}`,
      question,
    );
    const tokens = Object.keys(subjects ?? {}).map((subject) => subject.slice(groups.length + 1).split(".")[0]!);
    return [...new Set(tokens)].map((token) => new TextDecoder().decode(Uint8Array.fromHex(token)));
  }

  async forgetGroup(group: string): Promise<void> {
    const filter = this.#document(group, "*");
    await this.#client.ask("forget a group of", `STREAM.PURGE.${this.#parts.groups}`, { filter });
  }

  async remove(): Promise<void> {
    const { stream, groups } = this.#parts;
    for (const name of [stream, groups]) await this.#client.ask("delete", `STREAM.DELETE.${name}`, "");
  }

  tellGroup(group: string): void {
    this.#client.tell(this.#news, group);
  }

  // deno-lint-ignore require-await -- other brokers are asked
  async watch(listener: (group: string | undefined) => void): Promise<void> {
    this.#client.listen(this.#news, (group) => listener(group || undefined));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** All of them or none, in their order, once: sent again, the server knows their ids. */
  async #appendTogether(records: readonly WireRecord[]): Promise<void> {
    const publication = crypto.randomUUID();
    const subjects = records.map(({ key }) =>
      this.#subject((key === undefined ? this.#keyless++ : hashOf(key)) % this.partitions)
    );
    const ids = records.map((record, index) => this.#ids.get(record) ?? `${publication}-${index}`);
    let unanswered = 0; // tries of which nobody knows what came of them
    let isAnswered = false; // the last one
    let incomplete = 0;
    try {
      await this.#attempt("publish to", async () => {
        const batch = crypto.randomUUID();
        const messages = records.map((record, index) => {
          const isLast = index === records.length - 1;
          const marks = records.length === 1 ? {} : {
            "Nats-Batch-Id": batch,
            "Nats-Batch-Sequence": String(index + 1),
            ...(isLast ? { "Nats-Batch-Commit": "1" } : {}),
          };
          const id = { "Nats-Msg-Id": ids[index]! };
          const headers = this.#client.headers({ ...writeHeaders(record), ...marks, ...id });
          return { subject: subjects[index]!, data: record.bytes, headers };
        });
        const { losses } = this.#client;
        unanswered += 1;
        isAnswered = false;
        try {
          await this.#client.send(messages.pop()!, messages, incomplete > 0);
        } catch (error) {
          isAnswered = error instanceof Refusal || isForbidden(error as Error);
          if (isAnswered) unanswered -= 1;
          const isRefused = error instanceof Refusal && error.code === INCOMPLETE && losses === this.#client.losses;
          if (isRefused && ++incomplete >= TRIES_OF_INCOMPLETE) throw this.#fault("publish to", error);
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof Refusal && error.code === KNOWN_ALREADY) return;
      const fault = this.#fault("publish to", error);
      const isRefused = (isAnswered || unanswered === 0) && !(error instanceof OfflineError);
      if (!isRefused) throw fault;
      const isCertain = unanswered === 0 && !records.some((record) => this.#ids.has(record));
      if (!isCertain) records.forEach((record, index) => this.#ids.set(record, ids[index]!));
      throw new RefusedError(fault.message, 0, { cause: fault, isCertain });
    }
  }

  async #attempt<Answer>(act: string, run: () => Promise<Answer>): Promise<Answer> {
    const { stream, groups } = this.#parts;
    return await this.#client.attempt(act, run, [stream, groups]);
  }

  #subject(partition: number): string {
    return `${this.#parts.subject}.${partition}`;
  }

  #document(group: string, name: string): string {
    const token = [...new TextEncoder().encode(group)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${this.#parts.groups}.${token}.${name}`; // subjects have no spaces, dots or stars
  }

  #fault(act: string, error: unknown): StreamError {
    if (error instanceof StreamError) return error;
    const isSize = error instanceof Refusal && TOO_LARGE.includes(error.code);
    return new (isSize ? TooLargeError : StreamError)(
      `Cannot ${act} ${this.name}: NATS answers ${(error as Error).message}`,
      { cause: error },
    );
  }
}
