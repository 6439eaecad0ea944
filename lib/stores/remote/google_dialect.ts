import type { ItemStat } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment } from "../read_secret.ts";
import { bucketPath, prefixOf } from "./bucket_path.ts";
import { type Act, type Dialect, encodePart, type Page, rangeHeader, type StoreRequest } from "./dialect.ts";
import { type GoogleToken, googleToken } from "./google_token.ts";

const ENDPOINT = "https://storage.googleapis.com";

/** An object of Google's cloud storage, by its JSON interface. */
export class GoogleDialect implements Dialect {
  readonly uri: string;
  readonly place: string;
  readonly cure: string;
  readonly #endpoint: URL;
  readonly #bucket: string;
  readonly #key: string;
  readonly #token: GoogleToken | undefined;

  constructor(uri: string, options: ItemOptions) {
    const { bucket, key } = bucketPath(uri);
    this.uri = `gs://${bucket}/${key}`;
    const ask = options.environment ?? environment;
    const said = options.endpoint ?? (ask("STORAGE_EMULATOR_HOST") || ENDPOINT);
    const endpoint = URL.parse(/^https?:\/\//i.test(said) ? said : `http://${said}`);
    if (endpoint === null) throw new TypeError(`Cannot open "${this.uri}": its endpoint is no http or https URL`);
    this.#endpoint = endpoint;
    this.place = `${endpoint.href} ${this.uri}`;
    this.#bucket = bucket;
    this.#key = key;
    this.#token = googleToken(options);
    this.cure = this.#token === undefined
      ? "There are no credentials: set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account's key, or GOOGLE_ACCESS_TOKEN"
      : `${this.#token.source} may not do this, or is out of date`;
  }

  async request(act: Act): Promise<StoreRequest> {
    const headers = new Headers({ "accept-encoding": "identity" });
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${await this.#token.get(this.uri)}`);
    const objects = `storage/v1/b/${encodePart(this.#bucket)}/o`;
    const url = (path: string) => new URL(`${this.#endpoint.pathname.replace(/\/+$/, "")}/${path}`, this.#endpoint);
    switch (act.kind) {
      case "read":
        headers.set("accept-encoding", "gzip"); // else the store unpacks what was put with gzip as its encoding, and its size is a lie
        if (act.range !== undefined) headers.set("range", rangeHeader(act.range));
        return { method: "GET", url: url(`${objects}/${encodePart(this.#key)}?alt=media`), headers };
      case "write":
        headers.set("content-type", "application/octet-stream");
        return {
          method: "POST",
          url: url(`upload/${objects}?uploadType=media&name=${encodePart(this.#key)}`),
          headers,
          body: act.bytes,
        };
      case "look":
        return { method: "GET", url: url(`${objects}/${encodePart(this.#key)}`), headers };
      case "list": {
        const query = new URLSearchParams({
          delimiter: "/",
          prefix: prefixOf(this.#key),
          ...(act.marker === undefined ? {} : { pageToken: act.marker }),
          ...(act.most === undefined ? {} : { maxResults: String(act.most) }),
        });
        return { method: "GET", url: url(`${objects}?${query}`), headers };
      }
    }
  }

  async stat(answer: Response): Promise<ItemStat> {
    const { size, updated, etag, generation, md5Hash } = await answer.json();
    const version = generation ?? etag;
    return {
      kind: "file",
      bytes: Number(size),
      modified: new Date(Date.parse(updated) || 0),
      ...(version === undefined ? {} : { version: String(version) }),
      ...(typeof md5Hash === "string" ? { md5: Uint8Array.fromBase64(md5Hash).toHex() } : {}),
    };
  }

  version({ headers }: Response): string | undefined {
    return headers.get("x-goog-generation") ?? undefined;
  }

  page(text: string): Page {
    const { items = [], prefixes = [], nextPageToken } = JSON.parse(text) as {
      items?: { name: string }[];
      prefixes?: string[];
      nextPageToken?: string;
    };
    const prefix = prefixOf(this.#key);
    const keys = [...items.map(({ name }) => name), ...prefixes].filter((key) => key.startsWith(prefix));
    return { names: keys.map((key) => key.slice(prefix.length)), next: nextPageToken || undefined };
  }
}
