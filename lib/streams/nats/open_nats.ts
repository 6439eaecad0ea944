import { MissingStreamError, StreamError } from "../../errors.ts";
import { openLettersOf } from "../dead_letter_path.ts";
import { type BrokerPath, readBrokerPath } from "../leased/broker_path.ts";
import { SESSION_MS } from "../leased/leased_driver.ts";
import { leasedStream } from "../leased/leased_stream.ts";
import { PATIENCE, type Patience } from "../leased/patience.ts";
import type { DrivenStream } from "../driven_stream.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { NO_STREAM, Refusal } from "./nats_answer.ts";
import { NatsClient } from "./nats_client.ts";
import { NatsLog, type NatsLogParts } from "./nats_log.ts";

/** How a stream in NATS is opened. */
export interface NatsOptions extends StreamOptions {
  /** How long a group waits for a subscriber of which nothing is heard, in milliseconds. Default 5,000. */
  readonly sessionMs?: number | undefined;
  /** How long to wait for the server. */
  readonly patience?: Patience | undefined;
}

interface Info {
  readonly config: Config;
  /** When it was made. */
  readonly created: string;
}

interface Config {
  readonly subjects?: readonly string[];
  readonly max_age?: number;
  readonly max_msg_size?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

const PORT = 4222;
const PARTITIONS = 4;
const NAME_TAKEN = 10058; // another has made it at the same moment
const NANOSECONDS = 1_000_000; // in a millisecond
const MARK_MS = 120_000; // longer than anybody tries to publish
const PARTITIONS_MARK = "levada-partitions";

/**
 * Opens a stream in NATS 2.12 or later with JetStream: `nats://host:4222/orders?partitions=8&retention=7d`.
 *
 * @throws {StreamError} If the path says something that there is not, or the server cannot be reached, refuses, or has no such stream.
 */
export async function openNats<Body = unknown>(
  path: string,
  options: NatsOptions = {},
): Promise<DrivenStream<Body>> {
  const { clock = MACHINE_CLOCK, sessionMs = SESSION_MS, patience = PATIENCE } = options;
  const place = readBrokerPath(path, PORT);
  const { name, stream: subject } = place;
  if (!/^[\w-]+(\.[\w-]+)*$/.test(subject)) {
    throw new StreamError(`Cannot open ${name}: a subject has words of letters, digits, _ and -, joined by dots`);
  }
  const client = await NatsClient.connect(place, patience);
  try {
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(client.info.version) ?? [];
    if (Number(major) * 1_000 + Number(minor) < 2_012) {
      throw new StreamError(
        `Cannot open ${name}: the server is NATS ${client.info.version}, and 2.12 or later is needed`,
      );
    }
    const stream = subject.replaceAll(".", "_");
    const groups = `${stream}-groups`;
    const agreed = await agree(client, place, { stream, groups });
    const openLetters = () => openLettersOf(path, (letters) => openNats(letters, options));
    const log = new NatsLog({ client, name, subject, stream, groups, ...agreed });
    return leasedStream<Body>({ log, clock, sessionMs, group: place.group, openLetters });
  } catch (error) {
    await client.close();
    throw error instanceof StreamError ? error : faultOf(name, error as Error);
  }
}

/** How many partitions the stream has, and what it takes; it is made where there is none. */
async function agree(
  client: NatsClient,
  { name, stream: subject, options }: BrokerPath,
  { stream, groups }: { stream: string; groups: string },
): Promise<Pick<NatsLogParts, "partitions" | "maxMessageBytes">> {
  const { partitions, retention, create } = options;
  const age = retention === undefined ? {} : { max_age: retention * NANOSECONDS };
  const ofRecords = {
    name: stream,
    subjects: [`${subject}.*`],
    storage: "file",
    retention: "limits",
    allow_direct: true,
    allow_atomic: true,
    duplicate_window: Math.min(MARK_MS, retention ?? MARK_MS) * NANOSECONDS,
    metadata: { [PARTITIONS_MARK]: String(partitions ?? PARTITIONS) },
    ...age,
  };
  const ofGroups = {
    name: groups,
    subjects: [`${groups}.>`],
    storage: "file",
    retention: "limits",
    allow_direct: true,
    max_msgs_per_subject: 1,
    duplicate_window: MARK_MS * NANOSECONDS,
  };
  const { config, created } = await infoOf(client, stream) ?? await make(client, name, ofRecords, create);
  const known = await infoOf(client, groups);
  // places among records that were deleted are none among those that came then
  const isOlder = known !== undefined && create !== false && Date.parse(known.created) < Date.parse(created);
  if (isOlder) await client.ask("open", `STREAM.DELETE.${groups}`, "");
  if (known === undefined || isOlder) await make(client, name, ofGroups, create);
  const count = Number(config.metadata?.[PARTITIONS_MARK]);
  if (!(count >= 1) || config.subjects?.[0] !== `${subject}.*`) {
    throw new StreamError(`Cannot open ${name}: the stream "${stream}" is there already, and is another's`);
  }
  if (partitions !== undefined && partitions !== count) {
    throw new StreamError(`Cannot open ${name}: the stream has ${count} partitions already, and keys would move`);
  }
  if (age.max_age !== undefined && age.max_age !== config.max_age) {
    const duplicate_window = ofRecords.duplicate_window;
    await client.ask("open", `STREAM.UPDATE.${stream}`, { ...config, ...age, duplicate_window });
  }
  const { max_msg_size: most = -1 } = config;
  return { partitions: count, maxMessageBytes: most > 0 ? most : undefined };
}

async function infoOf(client: NatsClient, stream: string): Promise<Info | undefined> {
  try {
    return await client.ask<Info>("open", `STREAM.INFO.${stream}`, "");
  } catch (error) {
    if (error instanceof Refusal && error.code === NO_STREAM) return undefined;
    throw error;
  }
}

async function make(
  client: NatsClient,
  name: string,
  config: Config & { readonly name: string },
  create: boolean | undefined,
): Promise<Info> {
  if (create === false) throw new MissingStreamError(`Cannot open ${name}: there is no such stream, and create=false`);
  try {
    return await client.ask<Info>("open", `STREAM.CREATE.${config.name}`, config);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === NAME_TAKEN)) throw error;
    return (await infoOf(client, config.name))!;
  }
}

function faultOf(name: string, error: Error): StreamError {
  return new StreamError(`Cannot open ${name}: NATS answers ${error.message}`, { cause: error });
}
