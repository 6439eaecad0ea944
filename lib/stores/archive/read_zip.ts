import type { ArchiveEntry } from "./entry.ts";

interface ZipEntry {
  readonly filename: string;
  readonly directory: boolean;
  readonly encrypted: boolean;
  readonly externalFileAttributes: number;
  getData(writable: WritableStream<Uint8Array>, options: object): Promise<unknown>;
}

/** The part of zip.js that is used here; the package is fetched when the first archive is opened. */
interface ZipReading {
  readonly Reader: new (file: Deno.FsFile) => { size: number };
  readonly ZipReader: new (reader: unknown, options: object) => {
    getEntriesGenerator(): AsyncGenerator<ZipEntry>;
    close(): Promise<void>;
  };
}

const FILE_TYPE = 0o170000; // the bits of a Unix mode that say what it is
const [LINK, FILE, DIRECTORY, NOTHING] = [0o120000, 0o100000, 0o040000, 0];
const CHECKS = { checkSignature: true, checkOverlappingEntry: true, useWebWorkers: false };

/** What a zip file's directory lists. */
export async function* readZip(path: string): AsyncGenerator<ArchiveEntry> {
  const name = "@zip.js/zip.js"; // in a variable: only who opens an archive needs it
  const { Reader, ZipReader } = await import(name) as ZipReading;
  using file = await Deno.open(path);
  const { size } = await file.stat();
  /** Reads one piece after another: a file has one place where it is read. */
  class FileReader extends Reader {
    #before: Promise<unknown> = Promise.resolve();

    override size = size;

    readUint8Array(from: number, length: number): Promise<Uint8Array> {
      const reading = this.#before.then(() => readPiece(file, from, Math.max(0, Math.min(length, size - from))));
      this.#before = reading.catch(() => {});
      return reading;
    }
  }
  const reader = new ZipReader(new FileReader(file), CHECKS);
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      yield {
        name: entry.filename,
        kind: kindOf(entry),
        async write(sink) {
          await entry.getData(new WritableStream({ write: sink }), CHECKS);
        },
      };
    }
  } finally {
    await reader.close();
  }
}

function kindOf({ directory, encrypted, externalFileAttributes }: ZipEntry): ArchiveEntry["kind"] {
  const type = (externalFileAttributes >>> 16) & FILE_TYPE;
  if (type === LINK) return "link";
  if (encrypted || ![FILE, DIRECTORY, NOTHING].includes(type)) return "other";
  return directory ? "directory" : "file";
}

async function readPiece(file: Deno.FsFile, from: number, length: number): Promise<Uint8Array> {
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}
