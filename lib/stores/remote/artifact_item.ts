import { StoreError } from "../../errors.ts";
import { digestOf } from "../cache/checksum.ts";
import type { ByteRange, DataItem, ItemStat } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { artifactEndpoint, artifactName, artifactTarget, readArtifact } from "./artifact.ts";

/** An artifact of MLRun: asked where it lies when it is first used. */
export class ArtifactItem implements DataItem {
  readonly uri: string;
  readonly #options: ItemOptions;
  readonly #open: (uri: string) => DataItem;
  #target: Promise<DataItem> | undefined;

  /** @param open Opens what the artifact names. */
  constructor(uri: string, options: ItemOptions, open: (uri: string) => DataItem) {
    artifactName(uri);
    this.uri = uri;
    this.#options = options;
    this.#open = open;
  }

  get place(): string {
    return digestOf(`${artifactEndpoint(this.uri, this.#options).href} ${this.uri}`);
  }

  async get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
    return await (await this.#item()).get(range);
  }

  async stream(told?: (version: string) => void): Promise<ReadableStream<Uint8Array>> {
    return await (await this.#item()).stream(told);
  }

  put(_bytes: Uint8Array | string): Promise<void> {
    const message = `Cannot write "${this.uri}": artifacts are logged by MLRun; write to where they lie`;
    return Promise.reject(new StoreError(message, { reason: "refused" }));
  }

  async *list(): AsyncGenerator<string> {
    yield* (await this.#item()).list();
  }

  async stat(): Promise<ItemStat> {
    return await (await this.#item()).stat();
  }

  #item(): Promise<DataItem> {
    this.#target ??= readArtifact(this.uri, this.#options).then((artifact) =>
      this.#open(artifactTarget(this.uri, artifact).target)
    );
    this.#target.catch(() => this.#target = undefined);
    return this.#target;
  }
}
