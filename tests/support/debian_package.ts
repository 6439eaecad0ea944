/** Debian's packages, made for tests. */
import { gzipSync } from "node:zlib";
import type { LayerEntry } from "../../lib/image/layer/entry.ts";
import { writeTar } from "../../lib/image/layer/write_tar.ts";

/** An archive of `ar`. */
export function writeAr(members: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const parts = [encode("!<arch>\n")];
  for (const [name, bytes] of members) {
    parts.push(
      encode(
        `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${
          `${bytes.length}`.padEnd(10)
        }\`\n`,
      ),
    );
    parts.push(new Uint8Array(bytes), encode(bytes.length % 2 === 0 ? "" : "\n"));
  }
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A package, packed by gzip. */
export async function makeDeb(entries: readonly LayerEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const control = await writeTar("try", [{ kind: "file", path: "control", bytes: encode("Package: try\n") }]);
  return writeAr(
    new Map([
      ["debian-binary", encode("2.0\n")],
      ["control.tar.gz", new Uint8Array(gzipSync(control))],
      ["data.tar.gz", new Uint8Array(gzipSync(await writeTar("try", entries)))],
    ]),
  );
}
