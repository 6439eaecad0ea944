import { promisify } from "node:util";
import { gzip as gzipSome } from "node:zlib";
import { ImageError } from "../image_error.ts";
import { readBounded } from "../read_bounded.ts";

const SYSTEM_BYTE = 9; // RFC 1952, 2.3: the system that it was made on
const UNKNOWN_SYSTEM = 255;
const LARGEST = 2 ** 31; // unpacked: more is no package and no base, and hardly in one piece of memory

/** Bytes as gzip, without the time and the system: the same with the same version of Deno. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Uint8Array(await promisify(gzipSome)(bytes, { level: 6 }));
  packed[SYSTEM_BYTE] = UNKNOWN_SYSTEM;
  return packed;
}

/**
 * The other way round.
 *
 * @throws {ImageError} If it is broken or cut off, or larger than it may be.
 */
export async function gunzip(
  act: string,
  bytes: Uint8Array<ArrayBuffer>,
  most = LARGEST,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await readBounded(act, plain, { most, what: "what is unpacked" });
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(`Cannot ${act}: what should be gzip is broken, or cut off`, { cause: error });
  }
}

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b; // RFC 1952, 2.3.1
}
