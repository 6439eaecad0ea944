import type { ArchiveEntry } from "./entry.ts";

/** The part of modern-tar that is used here; the package is fetched when the first archive is opened. */
interface TarReading {
  createTarDecoder(options: { readonly strict: boolean }): {
    readonly readable: ReadableStream<{
      readonly header: { readonly name: string; readonly type?: string };
      readonly body: ReadableStream<Uint8Array>;
    }>;
    readonly writable: WritableStream<Uint8Array>;
  };
}

const KINDS: Readonly<Record<string, ArchiveEntry["kind"]>> = {
  file: "file",
  directory: "directory",
  link: "link",
  symlink: "link",
};

const BLOCK_BYTES = 512;

/** What a tar file holds; each entry is read or left before the next. */
export async function* readTar(path: string, isGzip: boolean): AsyncGenerator<ArchiveEntry> {
  const name = "modern-tar"; // in a variable: only who opens an archive needs it
  const { createTarDecoder } = await import(name) as TarReading;
  const file = (await Deno.open(path)).readable;
  const tar = isGzip ? file.pipeThrough(new DecompressionStream("gzip")) : file;
  const end = new TarEnd();
  for await (const { header, body } of tar.pipeThrough(end).pipeThrough(createTarDecoder({ strict: true }))) {
    let isRead = false;
    yield {
      name: header.name,
      kind: KINDS[header.type ?? "file"] ?? "other",
      async write(sink) {
        isRead = true;
        for await (const chunk of body) await sink(chunk);
      },
    };
    if (!isRead) { for await (const _ of body); // the next stands behind it
     }
  }
  if (end.zeros < BLOCK_BYTES) throw new Error("it does not end as tar files do");
}

/** Counts the zeros at the end: a tar file ends with blocks of them (POSIX.1-2017, pax, "ustar Interchange Format"), one cut off does not. */
class TarEnd extends TransformStream<Uint8Array, Uint8Array> {
  /** How many there are. */
  zeros = 0;

  constructor() {
    super({
      transform: (chunk, controller) => {
        const last = chunk.findLastIndex((byte) => byte !== 0);
        this.zeros = last === -1 ? this.zeros + chunk.length : chunk.length - 1 - last;
        controller.enqueue(chunk);
      },
    });
  }
}
