import { deadLetterPath } from "../dead_letter_path.ts";
import { DrivenStream } from "../driven_stream.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { type LocalDatabase, openDatabase } from "./local_database.ts";
import { readLocalPath } from "./local_path.ts";
import { faultOf } from "./local_fault.ts";
import { LocalDriver } from "./local_driver.ts";

/** How a stream between processes is opened. */
export interface LocalOptions extends StreamOptions {
  /** Where the files lie. Default: `streams` in LEVADA_STATE, or in `.levada` in the current folder. */
  readonly folder?: string | undefined;
  /** How long a group waits for a subscriber of which nothing is heard, in milliseconds. Default 5,000. */
  readonly sessionMs?: number | undefined;
}

/** Longer than a model may hold the event loop, short enough to wait for after a kill. */
export const SESSION_MS = 5_000;

/**
 * Opens a stream between the processes of this machine: `local://orders?partitions=8&retention=7d`.
 *
 * @throws {StreamError} If the path says something that there is not, or the file cannot be made, read or is another's.
 */
export async function openLocal<Body = unknown>(
  path: string,
  { clock = MACHINE_CLOCK, capacityRecords, folder, sessionMs = SESSION_MS, newsMs }: LocalOptions = {},
): Promise<DrivenStream<Body>> {
  const place = readLocalPath(path, { folder, capacityRecords });
  const database = await openDatabase(place);
  const letters = deadLetterPath(database.name);
  const openLetters = () => openLocal(letters, { clock, folder });
  const beforeReading = () => void readLocalPath(letters, { folder });
  const drive = (database: LocalDatabase) => {
    try {
      return new LocalDriver({ database, clock, sessionMs, newsMs });
    } catch (error) {
      database.close();
      throw faultOf(`open ${database.name}`, database.file, error);
    }
  };
  const driver = drive(database);
  const reopen = async () => drive(await openDatabase(place));
  return new DrivenStream<Body>({ path, name: database.name, clock, openLetters, beforeReading, driver, reopen });
}
