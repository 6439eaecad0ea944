import { MissingStreamError, StreamError } from "../../errors.ts";
import { openLettersOf } from "../dead_letter_path.ts";
import type { DrivenStream } from "../driven_stream.ts";
import { SESSION_MS } from "../leased/leased_driver.ts";
import { leasedStream } from "../leased/leased_stream.ts";
import { PATIENCE, type Patience } from "../leased/patience.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { V3ioClient, V3ioRefusal } from "./v3io_client.ts";
import { V3ioLog } from "./v3io_log.ts";
import { readV3ioPath, type V3ioPath } from "./v3io_path.ts";

/** How a stream of v3io is opened. */
export interface V3ioOptions extends StreamOptions {
  /** How long a group waits for a subscriber of which nothing is heard, in milliseconds. Default 5,000. */
  readonly sessionMs?: number | undefined;
  /** How long to wait for the server. */
  readonly patience?: Patience | undefined;
  /** Where V3IO_API and V3IO_ACCESS_KEY are. Default: the environment of this process. */
  readonly environment?: ((name: string) => string | undefined) | undefined;
}

interface Described {
  readonly ShardCount: number;
  readonly RetentionPeriodHours: number;
}

const PARTITIONS = 4;
const RETENTION_HOURS = 24; // as v3io's own clients have it
const HOUR_MS = 3_600_000;

/**
 * Opens a stream of Iguazio's v3io by its web interface: `v3io://host:8081/container/stream?partitions=8&retention=48h`.
 *
 * @throws {StreamError} If the path says something that there is not, or the server cannot be reached, refuses, or has no such stream.
 */
export async function openV3io<Body = unknown>(path: string, options: V3ioOptions = {}): Promise<DrivenStream<Body>> {
  const { clock = MACHINE_CLOCK, sessionMs = SESSION_MS, patience = PATIENCE, environment } = options;
  const place = readV3ioPath(path, environment);
  const { name, stream, group } = place;
  const client = new V3ioClient(place, patience);
  try {
    const log = new V3ioLog({ client, name, stream, partitions: await agree(client, place) });
    const openLetters = () => openLettersOf(path, (letters) => openV3io(letters, options));
    return leasedStream<Body>({ log, clock, sessionMs, group, openLetters });
  } catch (error) {
    client.close();
    throw error;
  }
}

/** How many partitions the stream has; it is made where there is none. */
async function agree(client: V3ioClient, { name, stream, options }: V3ioPath): Promise<number> {
  const { partitions, retention, create } = options;
  if (retention !== undefined && retention % HOUR_MS !== 0) {
    throw new StreamError(`Cannot open ${name}: v3io keeps records for whole hours; say retention=24h`);
  }
  const hours = (retention ?? RETENTION_HOURS * HOUR_MS) / HOUR_MS;
  const path = `${stream}/`;
  let found = await describe(client, path);
  if (found === undefined) {
    if (create === false) {
      throw new MissingStreamError(`Cannot open ${name}: there is no such stream, and create=false`);
    }
    const body = { ShardCount: partitions ?? PARTITIONS, RetentionPeriodHours: hours };
    try {
      await client.open({ call: "CreateStream", method: "POST", path, body });
    } catch (error) {
      if (!(error instanceof V3ioRefusal) || await describe(client, path) === undefined) throw error; // else another has made it
    }
    found = await describe(client, path);
  }
  const { ShardCount, RetentionPeriodHours } = found ?? { ShardCount: 0, RetentionPeriodHours: 0 };
  if (!(ShardCount >= 1)) throw new StreamError(`Cannot open ${name}: V3IO does not tell how many shards it has`);
  if (partitions !== undefined && partitions !== ShardCount) {
    throw new StreamError(`Cannot open ${name}: the stream has ${ShardCount} partitions already, and keys would move`);
  }
  if (retention !== undefined && hours !== RetentionPeriodHours) {
    throw new StreamError(
      `Cannot open ${name}: the stream keeps records for ${RetentionPeriodHours} hours, and v3io does not change that`,
    );
  }
  return ShardCount;
}

async function describe(client: V3ioClient, path: string): Promise<Described | undefined> {
  try {
    return await client.open<Described>({ call: "DescribeStream", method: "PUT", path });
  } catch (error) {
    if (error instanceof V3ioRefusal && error.status === 404) return undefined;
    throw error;
  }
}
