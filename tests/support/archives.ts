/** Archives for tests, honest ones and others. */

import { packTar, type TarHeader } from "modern-tar";
import { Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

/** What is put into an archive: its text, or what else it is. */
export type Packed = string | Uint8Array | { readonly header: Partial<TarHeader> };

/** A tar file. */
export async function tarOf(
  entries: readonly (readonly [name: string, content: Packed])[],
): Promise<Uint8Array<ArrayBuffer>> {
  return await packTar(entries.map(([name, content]) => {
    if (typeof content === "object" && !(content instanceof Uint8Array)) {
      return { header: { name, size: 0, ...content.header } };
    }
    const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { header: { name, size: body.length }, body };
  }));
}

/** The same bytes, packed by gzip. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")))
    .bytes() as Uint8Array<ArrayBuffer>;
}

/** A zip file; `attributes` are those of Unix, shifted as zip wants them. */
export async function zipOf(
  entries: readonly (readonly [name: string, content: string | Uint8Array, options?: object])[],
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, content, options = {}] of entries) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await writer.add(
      name,
      name.endsWith("/") ? undefined : new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
      options,
    );
  }
  return await writer.close() as Uint8Array<ArrayBuffer>;
}

/** The same bytes with a name written over, of the same length: for names that no writer takes. */
export function renamed(bytes: Uint8Array<ArrayBuffer>, from: string, to: string): Uint8Array<ArrayBuffer> {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("").replaceAll(from, to);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
