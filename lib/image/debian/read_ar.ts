/** Archives of `ar`, as Debian's packages are (deb(5)). */
import { ImageError } from "../image_error.ts";

const MAGIC = "!<arch>\n";
const HEADER_BYTES = 60; // name 16, time 12, owner 6, group 6, mode 8, size 10, and two bytes at its end
const SIZE_AT = 48;
const SIZE_BYTES = 10;
const END = "`\n";
const MOST_MEMBERS = 100; // a package has three

/**
 * Reads the members of an archive, by their names.
 *
 * @throws {ImageError} If it is none, broken, or cut off.
 */
export function readAr(act: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const text = (from: number, length: number) => new TextDecoder("latin1").decode(bytes.subarray(from, from + length));
  const refuse = (state: string): never => {
    throw new ImageError(`Cannot ${act}: it should be an archive of ar: ${state}`);
  };
  if (text(0, MAGIC.length) !== MAGIC) refuse(bytes.length === 0 ? "it is empty" : "it begins with other bytes");
  const members = new Map<string, Uint8Array>();
  let at = MAGIC.length;
  while (at < bytes.length) {
    if (members.size === MOST_MEMBERS) refuse(`it has more than ${MOST_MEMBERS} members`);
    const header = text(at, HEADER_BYTES);
    const size = /^\d+ *$/.test(header.slice(SIZE_AT, SIZE_AT + SIZE_BYTES))
      ? Number(header.slice(SIZE_AT, SIZE_AT + SIZE_BYTES))
      : NaN;
    if (!header.endsWith(END) || Number.isNaN(size)) refuse(`the header at byte ${at} is broken`);
    const from = at + HEADER_BYTES;
    if (from + size > bytes.length) refuse(`it is cut off: the member at byte ${at} should have ${size} bytes`);
    members.set(header.slice(0, 16).trimEnd().replace(/\/$/, ""), bytes.subarray(from, from + size));
    at = from + size + size % 2; // members begin at even bytes
  }
  return members;
}
