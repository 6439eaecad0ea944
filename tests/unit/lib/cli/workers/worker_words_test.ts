import { deepStrictEqual, notStrictEqual } from "node:assert/strict";
import { decodeLine, encodeWord, makeKey } from "../../../../../lib/cli/workers/worker_words.ts";

Deno.test("decodeLine() reads words behind their key alone, throws for nothing, and keeps what stands before", () => {
  const key = makeKey();
  notStrictEqual(key, makeKey());
  const word = { kind: "tell", ask: 1 } as const;
  const line = encodeWord(word, key).slice(0, -1);
  deepStrictEqual(decodeLine(line, key), { before: "", word, isMarked: true });
  deepStrictEqual(decodeLine(`loading ... ${line}`, key), { before: "loading ... ", word, isMarked: true });
  deepStrictEqual(decodeLine(`${line}\u0000 and more`, key), { before: "", word: undefined, isMarked: true });
  for (const other of ["", "\u001e", "\u001elevada {broken", encodeWord(word, makeKey()), "x".repeat(100_000)]) {
    deepStrictEqual(decodeLine(other, key), { before: other, word: undefined, isMarked: false });
  }
});
