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

/** What a tar file holds; each entry is read or left before the next. */
export async function* readTar(path: string, isGzip: boolean): AsyncGenerator<ArchiveEntry> {
  const name = "modern-tar"; // in a variable: only who opens an archive needs it
  const { createTarDecoder } = await import(name) as TarReading;
  const file = (await Deno.open(path)).readable;
  const tar = isGzip ? file.pipeThrough(new DecompressionStream("gzip")) : file;
  // strict: one that does not end with blocks of zeros is refused, for it may be cut off between two entries
  for await (const { header, body } of tar.pipeThrough(createTarDecoder({ strict: true }))) {
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
}
