const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
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
  }
  try {
    return TEXT.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return bytes;
    throw error;
  }
}
