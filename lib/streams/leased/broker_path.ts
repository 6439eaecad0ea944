import process from "node:process";
import { StreamError } from "../../errors.ts";
import { type PathOptions, readStreamPath } from "../stream_path.ts";

/** A stream at a broker, as its path and the environment name it. */
export interface BrokerPath {
  /** As messages name it: without user, password and options. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly stream: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
  /** The group of those who subscribe without naming one. */
  readonly group: string | undefined;
  readonly options: PathOptions;
}

const OPTIONS = ["partitions", "retention", "create"] as const;
const OWN = ["tls", "user", "password", "group"] as const;
const LONGEST_NAME = 200;

/**
 * Takes the path of a stream at a broker apart: `redis://ann:secret@host:6379/orders?partitions=8&tls=true`. User and password
 * may stand in the environment instead, in LEVADA_STREAM_ORDERS_USER and LEVADA_STREAM_ORDERS_PASSWORD.
 *
 * @throws {StreamError} If the path says something that there is not; without its password.
 */
export function readBrokerPath(path: string, defaultPort: number): BrokerPath {
  const [address = "", query = ""] = path.split("?", 2);
  const scheme = address.slice(0, address.indexOf("://"));
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const stream = url === undefined ? "" : decode(url.pathname.slice(1));
  const wrong = url === undefined || url.hostname === ""
    ? "it names no host"
    : stream === ""
    ? "it names no stream"
    : stream.length > LONGEST_NAME || !/^[\w.:/-]+$/.test(stream)
    ? `a stream's name has letters, digits and _ . : / - of ASCII, ${LONGEST_NAME} at most`
    : undefined;
  if (wrong !== undefined) {
    const shown = path.replace(/:\/\/.*@/s, "://").replace(/\?.*$/s, ""); // a password may have any character
    throw new StreamError(`Cannot open ${shown}: ${wrong}. Say ${scheme}://host:${defaultPort}/stream`);
  }
  const { host, hostname, port, username, password } = url!;
  const name = `${scheme}://${host}/${stream}`;
  const asked = new URLSearchParams(query);
  const unknown = [...asked.keys()].find((key) => ![...OPTIONS, ...OWN].some((known) => known === key));
  if (unknown !== undefined) {
    throw new StreamError(`Cannot open ${name}: there is no "${unknown}", only ${[...OPTIONS, ...OWN].join(", ")}`);
  }
  const [tls = "false", user, secret, group] = OWN.map((option) => asked.get(option) ?? undefined);
  for (const option of OWN) asked.delete(option);
  if (tls !== "true" && tls !== "false") {
    throw new StreamError(`Cannot open ${name}: tls is "${tls}"; give true or false`);
  }
  return {
    name,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || defaultPort),
    stream,
    user: decode(username) || user || environmentOf(stream, "USER"),
    password: decode(password) || secret || environmentOf(stream, "PASSWORD"),
    isTls: tls === "true",
    group: group || undefined,
    options: readStreamPath(`${name}?${asked}`, OPTIONS).options,
  };
}

/** What the environment says for a stream: dead letters are kept where the stream is, for whom it is. */
export function environmentOf(stream: string, what: string): string | undefined {
  const name = stream.replace(/-dead-letters$/, "").toUpperCase().replace(/[^A-Z0-9]/g, "_");
  return process.env[`LEVADA_STREAM_${name}_${what}`] || undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
