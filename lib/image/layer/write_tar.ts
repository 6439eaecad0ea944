/** Entries of a layer → archives, the same bytes on every machine. */
import { inOrder, type LayerEntry } from "./entry.ts";
import { loadTar, type TarHeader } from "./tar_package.ts";

const MODES = { file: 0o644, program: 0o755, folder: 0o755, open: 0o1777, link: 0o777 } as const;
/** The one time that everything in an image has. */
const TIME = new Date(0);

/** Writes entries as a tar archive. */
export async function writeTar(act: string, entries: Iterable<LayerEntry>): Promise<Uint8Array<ArrayBuffer>> {
  const { packTar } = await loadTar();
  return await packTar(
    inOrder(act, entries).map((entry) => ({
      header: { ...headerOf(entry), mtime: TIME, uid: 0, gid: 0 },
      ...(entry.kind === "file" ? { body: entry.bytes } : {}),
    })),
  );
}

function headerOf(entry: LayerEntry): TarHeader {
  const { path } = entry;
  if (entry.kind === "folder") {
    return { name: `${path}/`, size: 0, type: "directory", mode: entry.isOpen ? MODES.open : MODES.folder };
  }
  if (entry.kind === "link") return { name: path, size: 0, type: "symlink", mode: MODES.link, linkname: entry.target };
  return { name: path, size: entry.bytes.length, mode: entry.isProgram ? MODES.program : MODES.file };
}
