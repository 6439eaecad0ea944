import type { ItemStat } from "../data_item.ts";
import { fillSecrets } from "../fill_secrets.ts";
import type { ItemOptions } from "../item_options.ts";
import { Secret } from "../secret.ts";
import { type Act, type Dialect, rangeHeader, statOfHeaders, type StoreRequest } from "./dialect.ts";
import { shownUri } from "./shown_uri.ts";

/** An address of http or https; user and password of its URL go as a header. */
export class HttpDialect implements Dialect {
  readonly uri: string;
  readonly place: string;
  readonly cure: string;
  readonly followsRedirects = true;
  readonly isWeb = true;
  readonly #url: URL;
  readonly #headers: Headers;

  /** @throws {TypeError} If it is no URL; the message does not hold it. */
  constructor(uri: string, { headers = {}, environment }: ItemOptions) {
    const url = URL.parse(fillSecrets(uri, environment === undefined ? {} : { environment }));
    if (url === null) throw new TypeError(`Cannot open "${shownUri(uri)}": it is no URL`);
    this.uri = shownUri(url.href);
    this.#headers = new Headers({ "accept-encoding": "identity" }); // lengths and ranges are those of the bytes that are kept
    if (url.username !== "" || url.password !== "") {
      const credentials = `${decoded(url.username)}:${decoded(url.password)}`;
      this.#headers.set("authorization", `Basic ${new TextEncoder().encode(credentials).toBase64()}`);
    }
    for (const [name, value] of Object.entries(headers)) {
      this.#headers.set(name, value instanceof Secret ? value.reveal() : value);
    }
    this.cure = this.#headers.has("authorization")
      ? "Its credentials are wrong, or not enough"
      : "Give credentials in its URL (https://${USER}:${PASSWORD}@…, read as secrets) or as headers";
    const user = url.username;
    [url.username, url.password, url.hash] = ["", "", ""];
    this.place = `${user}@${url.href}`;
    this.#url = url;
  }

  request(act: Act): StoreRequest {
    const headers = new Headers(this.#headers);
    const url = this.#url;
    switch (act.kind) {
      case "read":
        if (act.range !== undefined) headers.set("range", rangeHeader(act.range));
        return { method: "GET", url, headers };
      case "write":
        return { method: "PUT", url, headers, body: act.bytes };
      default:
        return { method: "HEAD", url, headers };
    }
  }

  stat({ headers }: Response): ItemStat {
    return statOfHeaders(headers);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it was not encoded
  }
}
