/** A peer broke the rules of ZMTP; its connection cannot be used any more. */
export class WireError extends Error {
  override readonly name = "WireError";
}
