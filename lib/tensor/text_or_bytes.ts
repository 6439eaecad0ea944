const TEXT = new TextDecoder("utf-8", { ignoreBOM: true }); // a fatal one throws, which takes a thousand times as long
const SHORT = 32; // below it a loop is faster than the decoder

/**
 * Reads bytes as text where they are valid UTF-8, as the values of BYTES tensors are kept; else gives them as they are, a view.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { textOrBytes } from "./text_or_bytes.ts";
 *
 * deepStrictEqual(textOrBytes(new Uint8Array([0x68, 0x69])), "hi");
 * deepStrictEqual(textOrBytes(new Uint8Array([0xff])), new Uint8Array([0xff]));
 * ```
 */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  if (bytes.length <= SHORT) {
    let text = "";
    for (let index = 0; index < bytes.length && bytes[index]! < 0x80; index++) {
      text += String.fromCharCode(bytes[index]!);
    }
    if (text.length === bytes.length) return text;
    return isUtf8(bytes) ? TEXT.decode(bytes) : bytes;
  }
  const text = TEXT.decode(bytes);
  return text.includes(REPLACED) && !isUtf8(bytes) ? bytes : text;
}

const REPLACED = "\ufffd"; // what the decoder writes for what is no text; it may also have been sent

/** RFC 3629, section 4. */
function isUtf8(bytes: Uint8Array): boolean {
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index++]!;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const second = bytes[index++];
    if (second === undefined) return false;
    if (second < (LOWEST[first] ?? 0x80) || second > (HIGHEST[first] ?? 0xbf)) return false;
    for (let more = first < 0xe0 ? 0 : first < 0xf0 ? 1 : 2; more > 0; more--) {
      if ((bytes[index++]! & 0xc0) !== 0x80) return false;
    }
  }
  return true;
}

/** The second byte's bounds where the first has its own: no letter in two ways, no surrogates, none beyond U+10FFFF. */
const LOWEST: Readonly<Record<number, number>> = { 0xe0: 0xa0, 0xf0: 0x90 };
const HIGHEST: Readonly<Record<number, number>> = { 0xed: 0x9f, 0xf4: 0x8f };
