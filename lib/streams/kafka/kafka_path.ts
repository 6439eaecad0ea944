import { StreamError } from "../../errors.ts";
import { type PathOptions, readStreamPath } from "../stream_path.ts";

/** How a broker learns who asks; a password goes over the wire only with `plain`. */
export type SaslMechanism = "plain" | "scram-sha-256" | "scram-sha-512";

/** Where a topic is, and what its path asks for. */
export interface KafkaPath {
  /** The path as messages name it: without its options, and without a password. */
  readonly name: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly options: PathOptions;
  /** The group of those who subscribe without naming one. */
  readonly group: string | undefined;
  /** How many brokers keep each record of a topic that is made; undefined leaves it to the broker. */
  readonly replication: number | undefined;
  readonly tls: boolean;
  readonly sasl: SaslMechanism | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

const MECHANISMS: readonly SaslMechanism[] = ["plain", "scram-sha-256", "scram-sha-512"];
const OWN = ["group", "replication", "tls", "sasl", "user", "password"];
const SHARED = ["partitions", "retention", "create"] as const;
const DEAD_LETTERS = /-dead-letters$/;
const LONGEST_TOPIC = 249; // Kafka's own rule, with the letters below

/** The topic whose dead letters are here, else the topic itself, as the environment's names have it: `ORDERS_V1`. */
export function environmentName(topic: string): string {
  return topic.replace(DEAD_LETTERS, "").toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

/**
 * Reads `kafka://host:9092,other:9092/topic?group=g&partitions=8&retention=7d&replication=3&tls=true&sasl=plain&user=ann`; a user and a
 * password may stand before the hosts.
 *
 * @throws {StreamError} If the path says something that there is not. The message has no password.
 */
export function readKafkaPath(path: string): KafkaPath {
  const [whole = "", query = ""] = path.split("?", 2);
  const { 1: login, 2: hosts = "", 3: topic = "" } = /^kafka:\/\/(?:([^@/]*)@)?([^/@]*)\/?(.*)$/is.exec(whole) ?? [];
  const name = `kafka://${hosts}/${topic}`;
  const refuse = (state: string) => new StreamError(`Cannot open ${name}: ${state}`);
  const brokers = hosts.split(",").map((host) => readBroker(host));
  if (brokers.includes(undefined)) throw refuse(`"${hosts}" are no hosts; say kafka://host:9092/topic`);
  if (!/^[\w.-]+$/.test(topic) || /^\.\.?$/.test(topic) || topic.length > LONGEST_TOPIC) {
    throw refuse(`"${topic}" is no topic: give letters, digits, ".", "_" and "-", at most ${LONGEST_TOPIC}`);
  }
  const own = new URLSearchParams();
  const shared = new URLSearchParams();
  for (const [key, value] of new URLSearchParams(query)) {
    if (OWN.includes(key)) own.set(key, value);
    else if (SHARED.some((option) => option === key)) shared.append(key, value);
    else throw refuse(`there is no "${key}", only ${[...SHARED, ...OWN].join(", ")}`);
  }
  const { options } = readStreamPath(`${name}?${shared}`, SHARED);
  const [user, password] = readLogin(login);
  const sasl = own.get("sasl")?.toLowerCase();
  if (sasl !== undefined && !MECHANISMS.some((known) => known === sasl)) {
    throw refuse(`sasl is "${sasl}"; there are ${MECHANISMS.join(", ")}`);
  }
  const tls = own.get("tls") ?? "false";
  if (tls !== "true" && tls !== "false") throw refuse(`tls is "${tls}"; give true or false`);
  const replication = own.has("replication") ? Number(own.get("replication")) : undefined;
  if (replication !== undefined && !(Number.isInteger(replication) && replication >= 1 && replication <= 32_767)) {
    throw refuse(`replication is "${own.get("replication")}"; give a whole number, 1 to 32767`);
  }
  if (own.get("group") === "") throw refuse("group has no name");
  return {
    name,
    brokers: brokers as string[],
    topic,
    options,
    group: own.get("group") ?? undefined,
    replication,
    tls: tls === "true",
    sasl: sasl as SaslMechanism | undefined,
    user: own.get("user") ?? user,
    password: own.get("password") ?? password,
  };
}

function readBroker(text: string): string | undefined {
  const [, host, port = "9092"] = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(text.trim()) ?? [];
  return host === undefined || Number(port) < 1 || Number(port) > 65_535 ? undefined : `${host}:${port}`;
}

function readLogin(login: string | undefined): [user: string | undefined, password: string | undefined] {
  const [user, password] = (login ?? "").split(/:(.*)/s, 2).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return [user === "" ? undefined : user, password];
}
