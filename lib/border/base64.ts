/** Bytes as base64 and back, by what the engine has; the library of types does not know it yet. */

/** Writes bytes as base64, RFC 4648, section 4. */
export function toBase64(bytes: Uint8Array): string {
  return (bytes as unknown as { toBase64(): string }).toBase64();
}

/**
 * Reads base64 into bytes of their own.
 *
 * @throws {SyntaxError} If it is none.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> }).fromBase64(text);
}
