import { createHash, type Hash } from "node:crypto";

const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128, sha1: 40, md5: 32 };
const BY_LENGTH = new Map(Object.entries(HEX_LENGTHS).map(([algorithm, length]) => [length, algorithm]));
const CHUNK_BYTES = 1 << 20;

/** What bytes must hash to. */
export class Checksum {
  /** `sha256`, `sha512`, `sha1` or `md5`. */
  readonly algorithm: string;
  /** Hexadecimal digits in lower case. */
  readonly digest: string;

  /**
   * Reads `sha256:…`, or digits alone, whose number says which kind they are.
   *
   * @throws {TypeError} If it is no checksum.
   */
  constructor(text: string) {
    const [, named, digits = ""] = /^(?:([a-z0-9]+)[:=])?([0-9a-f]+)$/i.exec(text.trim().replace(/^sha-/i, "sha")) ??
      [];
    const algorithm = named?.toLowerCase() ?? BY_LENGTH.get(digits.length);
    if (algorithm === undefined || HEX_LENGTHS[algorithm] !== digits.length || digits === "") {
      throw new TypeError(
        `Cannot read checksum ${
          JSON.stringify(text.slice(0, 150))
        }: write sha256: and 64 hexadecimal digits (or sha512, sha1, md5)`,
      );
    }
    this.algorithm = algorithm;
    this.digest = digits.toLowerCase();
  }

  toString(): string {
    return `${this.algorithm}:${this.digest}`;
  }
}

/** Hashes bytes in several ways at once. */
export class Hasher {
  readonly #hashes: ReadonlyMap<string, Hash>;
  /** How many bytes there were. */
  bytes = 0;

  constructor(algorithms: Iterable<string>) {
    this.#hashes = new Map([...new Set(algorithms)].map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  update(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  /** Hexadecimal digits by algorithm; the end of it. */
  digests(): Record<string, string> {
    return Object.fromEntries([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest("hex")]));
  }
}

/** A name for what a text stands for. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The digests of a file of this machine, and its length. */
export async function hashFile(
  path: string,
  algorithms: readonly string[],
): Promise<{ bytes: number; digests: Record<string, string> }> {
  const hasher = new Hasher(algorithms);
  using file = await Deno.open(path);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
    hasher.update(chunk.subarray(0, count));
  }
  return { bytes: hasher.bytes, digests: hasher.digests() };
}
