import { createHmac } from "node:crypto";
import type { ItemStat } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import { type AzureLogin, azureLogin } from "./azure_login.ts";
import { bucketPath, prefixOf } from "./bucket_path.ts";
import {
  type Act,
  type Dialect,
  encodeKey,
  type Page,
  rangeHeader,
  statOfHeaders,
  type StoreRequest,
} from "./dialect.ts";
import { listedNames } from "./listed_names.ts";
import { shownUri } from "./shown_uri.ts";
import { xmlText } from "./xml_text.ts";

const VERSION = "2021-12-02"; // of the REST interface; names in lists may be encoded since then
/** What is signed of the headers, in this order (Azure's "Authorize with Shared Key", since 2015-02-21). */
const SIGNED = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
];

/** A blob of Azure: `az://container/blob`, or `wasbs://container@account.blob.core.windows.net/blob`. */
export class AzureDialect implements Dialect {
  readonly uri: string;
  readonly place: string;
  readonly cure: string;
  readonly #login: AzureLogin;
  readonly #container: string;
  readonly #key: string;

  constructor(uri: string, options: ItemOptions) {
    const [, scheme = "", container = "", host, rest = ""] = /^([a-z]+):\/\/([^/@]*)@([^/]*)(.*)$/is.exec(uri) ?? [];
    const plain = host === undefined ? uri : `${scheme}://${container}${rest}`;
    const { bucket, key } = bucketPath(plain, "container");
    if (host !== undefined && !/^[\w.-]+(:\d+)?$/.test(host)) {
      throw new TypeError(`Cannot open "${shownUri(uri)}": it names no account`);
    }
    this.uri = `az://${bucket}/${key}`;
    const ask = options.environment ?? environment;
    const where = options.environment === undefined ? {} : { environment: options.environment };
    this.#login = azureLogin(this.uri, {
      host,
      endpoint: options.endpoint,
      ask,
      secret: (name) => findSecret(name, where),
    });
    this.#container = bucket;
    this.#key = key;
    const { key: accountKey, sas, account, endpoint } = this.#login;
    this.place = `${account} ${endpoint.origin}${endpoint.pathname} ${this.uri}`;
    this.cure = accountKey === undefined && sas === undefined
      ? "There are no credentials: set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN"
      : `${
        accountKey === undefined ? "AZURE_STORAGE_SAS_TOKEN" : "AZURE_STORAGE_KEY"
      } is wrong for it, out of date, or may not do this`;
  }

  request(act: Act): StoreRequest {
    const { method, url, headers, body } = this.#unsigned(act);
    headers.set("x-ms-version", VERSION);
    headers.set("x-ms-date", new Date().toUTCString());
    const { key, sas, account } = this.#login;
    if (key !== undefined) {
      const text = signedText({ method, url, headers, ...(body === undefined ? {} : { body }) }, account);
      const signature = createHmac("sha256", key()).update(text).digest("base64");
      headers.set("authorization", `SharedKey ${account}:${signature}`);
    } else if (sas !== undefined) {
      url.search = [url.search.slice(1), sas()].filter((part) => part !== "").join("&");
    }
    return { method, url, headers, ...(body === undefined ? {} : { body }) };
  }

  stat({ headers }: Response): ItemStat {
    const md5 = headers.get("content-md5");
    return { ...statOfHeaders(headers), ...(md5 === null ? {} : { md5: Uint8Array.fromBase64(md5).toHex() }) };
  }

  page(text: string): Page {
    const words = { file: "Blob", name: "Name", directory: "BlobPrefix", directoryName: "Name" };
    return {
      names: listedNames(text, { ...words, prefix: prefixOf(this.#key) }),
      next: xmlText(text, "NextMarker") || undefined,
    };
  }

  #unsigned(act: Act): StoreRequest {
    const headers = new Headers({ "accept-encoding": "identity" });
    const url = new URL(this.#login.endpoint);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/${this.#container}`;
    if (act.kind === "list") {
      url.search = String(
        new URLSearchParams({
          restype: "container",
          comp: "list",
          delimiter: "/",
          prefix: prefixOf(this.#key),
          ...(act.marker === undefined ? {} : { marker: act.marker }),
          ...(act.most === undefined ? {} : { maxresults: String(act.most) }),
        }),
      );
      return { method: "GET", url, headers };
    }
    url.pathname += `/${encodeKey(this.#key)}`;
    switch (act.kind) {
      case "read":
        if (act.range !== undefined) headers.set("x-ms-range", rangeHeader(act.range));
        return { method: "GET", url, headers };
      case "write":
        headers.set("x-ms-blob-type", "BlockBlob");
        headers.set("content-type", "application/octet-stream");
        return { method: "PUT", url, headers, body: act.bytes };
      case "look":
        return { method: "HEAD", url, headers };
    }
  }
}

/** The text whose signature Azure checks. */
function signedText({ method, url, headers, body }: StoreRequest, account: string): string {
  const length = body === undefined || body.length === 0 ? "" : String(body.length);
  const lines = SIGNED.map((name) => name === "content-length" ? length : headers.get(name) ?? "");
  const own = [...headers].filter(([name]) => name.startsWith("x-ms-")).map(([name, value]) => `${name}:${value}`);
  const query = [...url.searchParams].map(([name, value]) => `${name.toLowerCase()}:${value}`).sort();
  return [method, ...lines, ...own.sort(), `/${account}${url.pathname}`, ...query].join("\n");
}
