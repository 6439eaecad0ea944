import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { textOrBytes } from "../../../../lib/tensor/text_or_bytes.ts";

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONG = new Uint8Array(40).fill(97); // beyond what is read letter by letter

function expected(bytes: Uint8Array): string | Uint8Array {
  try {
    return STRICT.decode(bytes);
  } catch {
    return bytes;
  }
}

/** All ways in which up to four bytes can stand beside the bounds of UTF-8. */
function* sequences(): Generator<number[]> {
  const firsts = [0x41, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
  const others = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbd, 0xbf, 0xc0];
  for (const first of firsts) {
    yield [first];
    for (const second of others) {
      yield [first, second];
      for (const third of others) {
        yield [first, second, third];
        for (const fourth of others) yield [first, second, third, fourth];
      }
    }
  }
}

Deno.test("textOrBytes() takes as text what a strict decoder does, short or long, and gives everything else as it is", () => {
  let texts = 0;
  let all = 0;
  for (const sequence of sequences()) {
    for (const bytes of [Uint8Array.from(sequence), Uint8Array.from([...LONG, ...sequence])]) {
      const read = textOrBytes(bytes);
      const wanted = expected(bytes);
      all += 1;
      if (typeof wanted === "string") texts += 1;
      if (read !== wanted) deepStrictEqual([sequence, read], [sequence, wanted]);
    }
  }
  strictEqual(texts > 1_000 && all - texts > 1_000, true);
});

Deno.test("textOrBytes() keeps a replacement letter that was sent, and a byte order mark", () => {
  for (const text of ["\ufffd", "é\ufffd".repeat(40), "\ufeffa", `\ufeff${"a".repeat(40)}`]) {
    strictEqual(textOrBytes(new TextEncoder().encode(text)), text);
  }
});
