/** The handlers that give chunk after chunk, by the name that cases use. */

import { ValueError } from "./python.ts";

/** Generators of the body. */
export const STREAMS: Readonly<Record<string, (body: unknown) => unknown>> = {
  *yield3(x) {
    for (let n = 0; n < 3; n++) yield `${text(x)}_chunk_${n}`;
  },
  async *async_yield3(x) {
    for (let n = 0; n < 3; n++) yield await Promise.resolve(`${text(x)}_achunk_${n}`);
  },
  *yield1(x) {
    yield `${text(x)}_only`;
  },
  *yield0() {},
  *yield1_then_raise(x) {
    yield `${text(x)}_chunk_0`;
    throw new ValueError("Generator error mid-stream");
  },
};

/** What Python's `str` makes of text and lists of text. */
function text(value: unknown): string {
  return Array.isArray(value) ? `[${value.map((item) => `'${item}'`).join(", ")}]` : String(value);
}
