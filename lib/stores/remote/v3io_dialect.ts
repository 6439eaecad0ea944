import type { ItemStat } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import type { Secret } from "../secret.ts";
import { prefixOf } from "./bucket_path.ts";
import {
  type Act,
  type Dialect,
  encodeKey,
  encodePart,
  type Page,
  rangeHeader,
  statOfHeaders,
  type StoreRequest,
} from "./dialect.ts";
import { listedNames } from "./listed_names.ts";
import { shownUri } from "./shown_uri.ts";
import { xmlText } from "./xml_text.ts";

/** An object of Iguazio's v3io: `v3io:///container/path`, or with the host of its web interface in front: `v3io://host/container/path`. */
export class V3ioDialect implements Dialect {
  readonly uri: string;
  readonly place: string;
  readonly cure: string;
  readonly #api: URL;
  readonly #container: string;
  readonly #key: string;
  readonly #access: Secret | undefined;

  constructor(uri: string, options: ItemOptions) {
    const [, scheme = "", host = "", container = "", key = ""] =
      /^(v3ios?):\/\/([^/]*)\/+([^/]+)\/*(.*)$/is.exec(uri) ?? [];
    this.uri = shownUri(uri);
    const ask = options.environment ?? environment;
    if (container === "" || `${container}/${key}`.split("/").some((part) => part === ".." || part === ".")) {
      throw new TypeError(`Cannot open "${this.uri}": it is no v3io:///CONTAINER/PATH`);
    }
    const protocol = scheme.toLowerCase() === "v3ios" ? "https" : "http";
    const said = options.endpoint ??
      (host === "" ? ask("V3IO_API") : `${protocol}://${host.slice(host.lastIndexOf("@") + 1)}`);
    if (!said) {
      throw new TypeError(
        `Cannot open "${this.uri}": it names no host. Set V3IO_API, or write v3io://HOST/${container}/…`,
      );
    }
    const api = URL.parse(/^https?:\/\//i.test(said) ? said : `${protocol}://${said}`);
    if (api === null) throw new TypeError(`Cannot open "${this.uri}": V3IO_API is no URL`);
    this.#api = api;
    this.place = `${api.href} ${container}/${key}`;
    this.#container = container;
    this.#key = key;
    this.#access = findSecret(
      "V3IO_ACCESS_KEY",
      options.environment === undefined ? {} : { environment: options.environment },
    );
    this.cure = this.#access === undefined
      ? "There are no credentials: set V3IO_ACCESS_KEY"
      : "V3IO_ACCESS_KEY may not do this";
  }

  request(act: Act): StoreRequest {
    const headers = new Headers({ "accept-encoding": "identity" });
    if (this.#access !== undefined) headers.set("x-v3io-session-key", this.#access.reveal());
    const url = new URL(this.#api);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/${encodePart(this.#container)}/`;
    if (act.kind === "list") {
      const query = {
        prefix: prefixOf(this.#key),
        delimiter: "/",
        ...(act.marker === undefined ? {} : { marker: act.marker }),
        ...(act.most === undefined ? {} : { "max-keys": String(act.most) }),
      };
      url.search = String(new URLSearchParams(query));
      return { method: "GET", url, headers };
    }
    url.pathname += encodeKey(this.#key);
    switch (act.kind) {
      case "read":
        if (act.range !== undefined) headers.set("range", rangeHeader(act.range));
        return { method: "GET", url, headers };
      case "write":
        return { method: "PUT", url, headers, body: act.bytes };
      case "look":
        return { method: "HEAD", url, headers };
    }
  }

  stat({ headers }: Response): ItemStat {
    return statOfHeaders(headers);
  }

  page(text: string): Page {
    const words = { file: "Contents", name: "Key", directory: "CommonPrefixes", directoryName: "Prefix" };
    const isMore = xmlText(text, "IsTruncated") === "true";
    return {
      names: listedNames(text, { ...words, prefix: prefixOf(this.#key) }),
      next: isMore ? xmlText(text, "NextMarker") : undefined,
    };
  }
}
