import { StoreError } from "../../errors.ts";
import type { ByteRange, DataItem, ItemStat } from "../data_item.ts";
import { digestOf } from "../cache/checksum.ts";
import { checkRange } from "../check_range.ts";
import type { ItemOptions } from "../item_options.ts";
import { type Dialect, type OpenRange, type Page, versionOfHeaders } from "./dialect.ts";
import { StoreAnswer, StoreClient } from "./store_client.ts";

const LONGEST_PAGE_BYTES = 32 * 1024 * 1024; // a page has a thousand names at most, but Azure's 5,000
const NAME = /^(?!\.{1,2}\/?$)[^/\0]+\/?$/; // one part of a path, and none that leads elsewhere
const MOST_PAGES = 100_000; // a store that always has another page has none

/** An item of a store that is asked over the network. */
export class RemoteItem implements DataItem {
  readonly #dialect: Dialect;
  readonly #client: StoreClient;

  constructor(dialect: Dialect, options: ItemOptions) {
    this.#dialect = dialect;
    this.#client = new StoreClient(options);
  }

  get uri(): string {
    return this.#dialect.uri;
  }

  get place(): string {
    return digestOf(this.#dialect.place);
  }

  async get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
    if (range !== undefined) checkRange(range, this.uri);
    if (range?.from === range?.to && range !== undefined) return new Uint8Array();
    for (let retry = 1;; retry++) {
      try {
        return await collect(this.#read(range, await this.#open(range)));
      } catch (error) {
        if (!isInterrupted(error) || retry > this.#client.retries) throw error;
        await this.#client.wait(retry);
      }
    }
  }

  async stream(told?: (version: string) => void): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.#open(undefined);
    const version = this.#dialect.version?.(answer.response) ?? versionOfHeaders(answer.response.headers);
    if (version !== undefined) told?.(version);
    return ReadableStream.from(this.#read(undefined, answer));
  }

  async put(bytes: Uint8Array | string): Promise<void> {
    const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes as Uint8Array<ArrayBuffer>;
    const answer = await this.#ask("write", { kind: "write", bytes: body });
    answer.cancel();
  }

  async *list(): AsyncGenerator<string> {
    let marker: string | undefined;
    let isEmpty = true;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const { names, next } = await this.#page({ marker });
      for (const name of names) {
        isEmpty = false;
        if (!NAME.test(name)) continue; // its own entry, or what lies elsewhere
        yield name;
      }
      if (next === undefined) {
        if (isEmpty) this.#refuseMissing();
        return;
      }
      if (next === marker) break;
      marker = next;
    }
    throw new StoreError(`Cannot list "${this.uri}": the store's list does not end`, { reason: "broken" });
  }

  async stat(): Promise<ItemStat> {
    if (!this.uri.endsWith("/") || this.#dialect.page === undefined) {
      try {
        const answer = await this.#ask("look at", { kind: "look" }, [404]);
        if (answer.response.status !== 404) {
          const stat = await this.#statOf(answer);
          return stat.bytes === 0 && this.#dialect.isWeb ? await this.#statByReading() : stat;
        }
        answer.cancel();
      } catch (error) {
        // some servers know no HEAD
        if (!(error instanceof StoreError && (error.status === 405 || error.status === 501))) throw error;
        return await this.#statByReading();
      }
    }
    if (this.#dialect.page !== undefined) {
      const { names } = await this.#page({ marker: undefined, most: 1 });
      if (names.length > 0) return { kind: "directory", bytes: 0, modified: new Date(0) };
    }
    throw new StoreError(`Cannot look at "${this.uri}": there is nothing there (404)`, {
      reason: "missing",
      status: 404,
    });
  }

  async #statOf(answer: StoreAnswer): Promise<ItemStat> {
    try {
      return await this.#understand("look at", () => this.#dialect.stat(answer.response));
    } finally {
      answer.cancel();
    }
  }

  /** What an answer says; a store may say anything. */
  async #understand<Value>(act: string, read: () => Value | Promise<Value>): Promise<Value> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const message = `Cannot ${act} "${this.uri}": the store's answer cannot be read`;
      throw new StoreError(message, { reason: "broken", cause: error });
    }
  }

  async #statByReading(): Promise<ItemStat> {
    const answer = await this.#ask("look at", { kind: "read", range: { from: 0, to: 1 } }, [416]);
    const { response } = answer;
    const stat = await this.#statOf(answer);
    const total = /^bytes (?:\*|\d+-\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    return total === undefined ? stat : { ...stat, bytes: Number(total) };
  }

  /** Where nothing is below a name, there may be nothing at all: a bucket that is not there says so itself. */
  #refuseMissing(): void {
    if (/^[a-z0-9+]+:\/\/[^/]*\/?$/.test(this.uri)) return; // an empty bucket
    throw new StoreError(`Cannot list "${this.uri}": there is nothing there`, { reason: "missing" });
  }

  async #page(asked: { marker: string | undefined; most?: number }): Promise<Page> {
    if (this.#dialect.page === undefined) {
      throw new StoreError(`Cannot list "${this.uri}": this kind of store has no lists`, { reason: "refused" });
    }
    const answer = await this.#ask("list", { kind: "list", ...asked });
    const text = await answer.text(LONGEST_PAGE_BYTES);
    return await this.#understand("list", () => this.#dialect.page!(text));
  }

  async #ask(word: string, act: Parameters<Dialect["request"]>[0], accepts: number[] = []): Promise<StoreAnswer> {
    const dialect = this.#dialect;
    return await this.#client.ask({ act: `${word} "${this.uri}"`, dialect, make: () => dialect.request(act), accepts });
  }

  async #open(range: OpenRange | undefined): Promise<StoreAnswer> {
    return await this.#ask("read", { kind: "read", range }, range === undefined ? [] : [416]);
  }

  /** Reads to the end; goes on behind the last byte where the connection breaks and the store says which version it gives. */
  async *#read(range: OpenRange | undefined, first: StoreAnswer): AsyncGenerator<Uint8Array> {
    const [from, to] = [range?.from ?? 0, range?.to];
    const etag = strongTag(first.response);
    let at = from;
    for (let [answer, retry] = [first, 1];; retry++) {
      try {
        for await (const chunk of this.#body(answer, { from: at, to })) {
          at += chunk.length;
          retry = 1;
          yield chunk;
        }
        return;
      } catch (error) {
        if (!isInterrupted(error) || etag === undefined || retry > this.#client.retries) throw error;
        await this.#client.wait(retry);
        if (to !== undefined && at >= to) return;
        answer = await this.#open({ from: at, to });
        if (answer.response.status === 416 || strongTag(answer.response) !== etag) {
          answer.cancel();
          const message = `Cannot read "${this.uri}": it has changed while it was read`;
          throw new StoreError(message, { reason: "changed" });
        }
      }
    }
  }

  /** The bytes from one to another, whether the store gives these or all. */
  async *#body(answer: StoreAnswer, { from, to }: OpenRange): AsyncGenerator<Uint8Array> {
    const { status, headers } = answer.response;
    if (status === 416) return answer.cancel(); // behind the last byte
    if (status === 206 && Number(/^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1]) !== from) {
      answer.cancel();
      const message = `Cannot read "${this.uri}": the store gives ${
        headers.get("content-range")
      }, not bytes from ${from} on`;
      throw new StoreError(message, { reason: "broken" });
    }
    const coding = headers.get("content-encoding");
    if (this.#dialect.isWeb && coding !== null && coding !== "identity") { // which `accept-encoding` has forbidden
      answer.cancel();
      const message = `Cannot read "${this.uri}": the server packs it (${
        coding.slice(0, 20)
      }), though it was asked not to`;
      throw new StoreError(message, { reason: "refused" });
    }
    const length = headers.get("content-length");
    let skip = status === 206 ? 0 : from;
    let wanted = to === undefined ? Infinity : to - from;
    let came = 0;
    for await (const chunk of answer.chunks()) {
      came += chunk.length;
      const part = chunk.subarray(Math.min(skip, chunk.length), Math.min(chunk.length, skip + wanted));
      skip -= Math.min(skip, chunk.length);
      wanted -= part.length;
      if (part.length > 0) yield part;
      if (wanted === 0) return;
    }
    if (length !== null && came < Number(length)) {
      const message = `Cannot read "${this.uri}": it ended after ${came} of ${length} bytes`;
      throw new StoreError(message, { reason: "broken" });
    }
  }
}

/** Whether a body broke off, so that another try may bring the rest. */
function isInterrupted(error: unknown): boolean {
  return error instanceof StoreError && error.status === undefined &&
    ["unreachable", "broken", "timeout"].includes(error.reason);
}

function strongTag({ headers }: Response): string | undefined {
  const tag = headers.get("etag");
  return tag === null || tag.startsWith("W/") ? undefined : tag;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
