const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]], // PNG specification, 5.2
  ["image/jpeg", [0xff, 0xd8, 0xff]], // JPEG: SOI and the first marker
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

/** The type of a picture by its first bytes; undefined for anything else. */
export function imageType(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(([, signature]) => signature.every((byte, index) => bytes[index] === byte))?.[0];
}
