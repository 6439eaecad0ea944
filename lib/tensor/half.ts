/** Numbers of two bytes: IEEE's half precision, FP16, and the upper half of a single, BF16. */

/** A datatype whose values are two bytes of a number. */
export type HalfDatatype = "FP16" | "BF16";

/** Writes numbers as the bits of a half, rounded to the nearest, ties to even. */
export function encodeHalves(datatype: HalfDatatype, values: ArrayLike<number>): Uint16Array {
  if (datatype === "FP16") return new Uint16Array(Float16Array.from(values).buffer);
  const bits = new Uint16Array(values.length);
  const single = new Float32Array(1);
  const whole = new Uint32Array(single.buffer);
  for (let index = 0; index < bits.length; index++) {
    single[0] = values[index]!;
    const word = whole[0]!;
    // what is not a number stays one: rounding could carry its bits into infinity's
    bits[index] = Number.isNaN(single[0]) ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** Reads the bits of halves as numbers; each is exact. */
export function decodeHalves(datatype: HalfDatatype, bits: Uint16Array): Float32Array {
  if (datatype === "FP16") return Float32Array.from(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
  const words = new Uint32Array(bits.length);
  for (let index = 0; index < words.length; index++) words[index] = bits[index]! << 16;
  return new Float32Array(words.buffer);
}
