import { StoreError } from "../errors.ts";
import { checkRange } from "./check_range.ts";
import type { ByteRange, DataItem, ItemStat } from "./data_item.ts";

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly modified: Date;
  readonly version: string;
}

const kept = new Map<string, Kept>();

/** Bytes in the memory of this program, under a name: `memory://models/iris.onnx`. */
export class MemoryItem implements DataItem {
  readonly uri: string;
  readonly #key: string;

  constructor(uri: string) {
    this.#key = uri.replace(/^memory:\/*/i, "");
    this.uri = `memory://${this.#key}`;
  }

  // deno-lint-ignore require-await -- what it throws must be a rejection
  async get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
    if (range !== undefined) checkRange(range, this.uri);
    return this.#kept("read").bytes.slice(range?.from, range?.to);
  }

  async stream(): Promise<ReadableStream<Uint8Array>> {
    return new Blob([await this.get()]).stream();
  }

  // deno-lint-ignore require-await -- as other items
  async put(bytes: Uint8Array | string): Promise<void> {
    const copy = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes.slice() as Uint8Array<ArrayBuffer>;
    kept.set(this.#key, { bytes: copy, modified: new Date(), version: crypto.randomUUID() });
  }

  async *list(): AsyncGenerator<string> {
    const names = namesBelow(this.#key);
    if (names.size === 0) this.#kept("list");
    yield* names;
  }

  // deno-lint-ignore require-await -- what it throws must be a rejection
  async stat(): Promise<ItemStat> {
    if (!kept.has(this.#key) && namesBelow(this.#key).size > 0) {
      return { kind: "directory", bytes: 0, modified: new Date(0) };
    }
    const { bytes, modified, version } = this.#kept("look at");
    return { kind: "file", bytes: bytes.length, modified, version };
  }

  #kept(act: string): Kept {
    const found = kept.get(this.#key);
    if (found !== undefined) return found;
    throw new StoreError(`Cannot ${act} "${this.uri}": there is nothing there`, { reason: "missing" });
  }
}

function namesBelow(key: string): Set<string> {
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  const below = [...kept.keys()].filter((name) => name.startsWith(prefix) && name !== prefix);
  return new Set(below.map((name) => /^[^/]*\/?/.exec(name.slice(prefix.length))![0]));
}
