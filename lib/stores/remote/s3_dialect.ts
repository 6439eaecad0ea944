import type { ItemStat } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment } from "../read_secret.ts";
import { bucketPath, prefixOf } from "./bucket_path.ts";
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
import { type S3Login, s3Login } from "./s3_login.ts";
import { xmlText } from "./xml_text.ts";

/** The part of aws4fetch that is used here; the package is fetched when a request is signed first. */
interface Signing {
  readonly AwsV4Signer: new (options: {
    readonly method: string;
    readonly url: string;
    readonly headers: Headers;
    readonly body?: Uint8Array<ArrayBuffer>;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly service: string;
    readonly region: string;
  }) => { sign(): Promise<{ readonly url: URL; readonly headers: Headers }> };
}

const REGION = "us-east-1"; // where S3 looks when nobody says more
const HOST_BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/; // a dot would not fit the certificate

/** An object of S3, or of a store that speaks like it. */
export class S3Dialect implements Dialect {
  readonly uri: string;
  readonly place: string;
  readonly cure: string;
  readonly #base: URL;
  readonly #bucket: string;
  readonly #key: string;
  readonly #region: string;
  readonly #login: S3Login | undefined;

  constructor(uri: string, options: ItemOptions) {
    const { bucket, key } = bucketPath(uri);
    const ask = options.environment ?? environment;
    const said = options.endpoint ??
      (ask("AWS_ENDPOINT_URL_S3") || ask("AWS_ENDPOINT_URL") || ask("S3_ENDPOINT_URL") || undefined);
    this.uri = `s3://${bucket}/${key}`;
    this.#region = options.region ?? (ask("AWS_REGION") || ask("AWS_DEFAULT_REGION") || REGION);
    this.#login = s3Login(this.uri, options, this.#region);
    this.cure = this.#login === undefined
      ? "There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
      : `It was asked by ${this.#login.source}, which may not do this, or is wrong`;
    const endpoint = URL.parse(said ?? `https://s3.${this.#region}.amazonaws.com`);
    if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
      throw new TypeError(`Cannot open "${this.uri}": its endpoint is no http or https URL`);
    }
    const pathStyle = options.pathStyle ?? (said !== undefined || !HOST_BUCKET.test(bucket));
    if (!pathStyle) endpoint.hostname = `${bucket}.${endpoint.hostname}`;
    this.#base = new URL(
      `${endpoint.pathname.replace(/\/+$/, "")}/${pathStyle ? `${encodePart(bucket)}/` : ""}`,
      endpoint,
    );
    this.place = `${this.#base.href} ${this.#login?.who ?? "anybody"} ${this.uri}`;
    this.#bucket = bucket;
    this.#key = key;
  }

  async request(act: Act): Promise<StoreRequest> {
    const { method, url, headers, body } = this.#unsigned(act);
    if (this.#login === undefined) return { method, url, headers, ...(body === undefined ? {} : { body }) };
    headers.set("x-amz-content-sha256", await digest(body));
    const name = "aws4fetch"; // in a variable: only what is signed needs it
    const { AwsV4Signer } = await import(name) as Signing;
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers,
      ...(body === undefined ? {} : { body }),
      ...await this.#login.get(),
      service: "s3",
      region: this.#region,
    });
    const signed = await signer.sign();
    return { method, url: signed.url, headers: signed.headers, ...(body === undefined ? {} : { body }) };
  }

  stat({ headers }: Response): ItemStat {
    const etag = /^"([0-9a-f]{32})"$/.exec(headers.get("etag") ?? "")?.[1];
    const isPlain = ["AES256", null].includes(headers.get("x-amz-server-side-encryption"));
    return { ...statOfHeaders(headers), ...(etag !== undefined && isPlain ? { md5: etag } : {}) };
  }

  page(text: string): Page {
    const isMore = xmlText(text, "IsTruncated") === "true";
    return {
      names: listedNames(text, {
        prefix: prefixOf(this.#key),
        file: "Contents",
        name: "Key",
        directory: "CommonPrefixes",
        directoryName: "Prefix",
        isEncoded: xmlText(text, "EncodingType") === "url",
      }),
      next: isMore ? xmlText(text, "NextContinuationToken") : undefined,
    };
  }

  #unsigned(act: Act): StoreRequest {
    const headers = new Headers({ "accept-encoding": "identity" });
    const url = new URL(this.#base);
    if (act.kind === "list") {
      const query = {
        "list-type": "2",
        delimiter: "/",
        "encoding-type": "url",
        prefix: prefixOf(this.#key),
        ...(act.marker === undefined ? {} : { "continuation-token": act.marker }),
        ...(act.most === undefined ? {} : { "max-keys": String(act.most) }),
      };
      url.pathname = url.pathname.replace(/(.)\/$/, "$1");
      url.search = Object.entries(query).map(([name, value]) => `${name}=${encodePart(value)}`).join("&");
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
}

async function digest(body: Uint8Array<ArrayBuffer> | undefined): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", body ?? new Uint8Array())).toHex();
}
