import { join, resolve } from "node:path";
import process from "node:process";
import { StreamError } from "../../errors.ts";
import { type PathOptions, readCount, readStreamPath } from "../stream_path.ts";

/** Where a stream between processes of this machine lies, and what its path asks for. */
export interface LocalPath {
  /** The path without its options, as messages name it. */
  readonly name: string;
  readonly file: string;
  readonly options: PathOptions;
}

const LONGEST_PART = 120;
const LONGEST_FILE = 244; // file systems take 255 bytes, percent signs and the endings of the file's companions among them

/**
 * Reads `local://orders` or `local://shop/orders`: the file `orders.db`, or `shop/orders.db`, in the folder of streams.
 *
 * @param folder Default: `streams` in LEVADA_STATE, or in `.levada` in the current folder.
 * @throws {StreamError} If the path says something that there is not.
 */
export function readLocalPath(
  path: string,
  { folder, capacityRecords }: { folder?: string | undefined; capacityRecords?: number | undefined },
): LocalPath {
  const { name, options } = readStreamPath(path, ["partitions", "capacity", "retention", "create"]);
  const parts = name.replace(/^[^:]*:\/\//, "").split("/");
  for (const part of parts) {
    const wrong = part === ""
      ? "a part of its name is empty"
      : part.length > LONGEST_PART
      ? `a part of its name is longer than ${LONGEST_PART} characters`
      : !part.isWellFormed()
      ? "its name is no whole text"
      : fileName(part).length > LONGEST_FILE
      ? `a part of its name has more than ${LONGEST_FILE} bytes as a file's name`
      : undefined;
    if (wrong !== undefined) throw new StreamError(`Cannot open ${path}: ${wrong}`);
  }
  const file = join(folder ?? stateFolder(path), ...parts.map(fileName)) + ".db";
  const capacity = options.capacity ?? capacityRecords;
  return {
    name,
    file: resolve(file),
    options: capacity === undefined ? options : { ...options, capacity: readCount(path, "capacity", capacity) },
  };
}

function stateFolder(path: string): string {
  try {
    return join(process.env.LEVADA_STATE || ".levada", "streams");
  } catch (cause) { // two processes that look in different places would never meet
    throw new StreamError(`Cannot open ${path}: LEVADA_STATE may not be read: ${(cause as Error).message}`, { cause });
  }
}

/** A part of a name as every file system can hold it: `..` is no way out. */
function fileName(part: string): string {
  return encodeURIComponent(part).replace(/^\./, "%2E").replaceAll("*", "%2A");
}
