/** Archives → entries of a layer. */
import { describeThrown } from "../../errors.ts";
import { ImageError } from "../image_error.ts";
import type { LayerEntry } from "./entry.ts";
import { loadTar } from "./tar_package.ts";

/** What is taken of an archive, and how. */
export interface TarWish {
  /** What this is about, for messages. */
  readonly act: string;
  /** Where an entry goes; undefined leaves it out. Default: where it was. */
  readonly place?: (path: string) => string | undefined;
}

const PROGRAM = 0o111;

/**
 * Reads a tar archive. Owners, times and all of the modes but whether a file can be run are not kept; a hard link is a file of its own.
 *
 * @throws {ImageError} If it is broken or cut off, or has devices or pipes.
 */
export async function readTar(
  bytes: Uint8Array,
  { act, place = (path) => path }: TarWish,
): Promise<LayerEntry[]> {
  const { unpackTar } = await loadTar();
  const entries: LayerEntry[] = [];
  const files = new Map<string, LayerEntry & { kind: "file" }>(); // by their paths in the archive: hard links name them
  try {
    // strict: one that does not end with blocks of zeros is refused, for it may be cut off between two entries
    for (const { header, data: content = new Uint8Array() } of await unpackTar(bytes, { strict: true })) {
      const entry = entryOf(act, header, { content, files });
      if (entry?.kind === "file") files.set(plain(header.name), entry);
      const path = place(plain(header.name));
      if (entry !== undefined && path !== undefined) entries.push({ ...entry, path });
    }
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(`Cannot ${act}: the archive is broken, or cut off: ${describeThrown(error).message}`, {
      cause: error,
    });
  }
  return entries;
}

interface Known {
  readonly content: Uint8Array;
  readonly files: ReadonlyMap<string, LayerEntry & { kind: "file" }>;
}

function entryOf(
  act: string,
  { name: path, type = "file", mode = 0o644, linkname = "" }: {
    readonly name: string;
    readonly type?: string;
    readonly mode?: number;
    readonly linkname?: string;
  },
  { content, files }: Known,
): LayerEntry | undefined {
  if (type === "file") return { kind: "file", path, bytes: content, isProgram: (mode & PROGRAM) !== 0 };
  if (type === "directory") return { kind: "folder", path, isOpen: (mode & 0o002) !== 0 };
  if (type === "symlink") return { kind: "link", path, target: linkname };
  if (type === "pax-global-header") return undefined;
  const same = type === "link" ? files.get(plain(linkname)) : undefined;
  if (same !== undefined) return { ...same, path };
  const state = type === "link" ? `a link to ${linkname}, which does not stand before it` : `a ${type}`;
  throw new ImageError(`Cannot ${act}: ${path} is ${state}. Give an archive of files, folders and links`);
}

function plain(path: string): string {
  return path.replace(/^(\.?\/)+/, "");
}
