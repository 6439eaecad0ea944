/** How deep lists and objects stand in each other in JSON text, told before it is parsed. */

const MARKS = ["[", "]", "{", "}", '"'];
const STEPS = [1, -1, 1, -1, 0];
const TRIED = 1_024; // marks after which it shows whether they are far apart
const FAR = 32; // characters between marks from which hopping is faster than looking at each

/**
 * Whether JSON text opens more lists and objects, one in another, than a limit; brackets inside texts do not count.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { isDeeperThan } from "./json_depth.ts";
 *
 * deepStrictEqual([isDeeperThan(2, '[[1], "[[["]'), isDeeperThan(2, "[[[1]]]")], [false, true]);
 * ```
 */
export function isDeeperThan(limit: number, text: string): boolean {
  return text.length > limit && hasMore(limit, text) && depthByHops(text) > limit;
}

/** Whether there are more opening brackets than may stand in each other, wherever they stand: long lists of numbers have few. */
function hasMore(limit: number, text: string): boolean {
  let found = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++found > limit) return true;
    }
  }
  return false;
}

/** From mark to mark, which the engine finds faster than a loop over all characters, where they are far apart. */
function depthByHops(text: string): number {
  const next = MARKS.map((mark) => placeFrom(text, mark, 0));
  let [depth, deepest] = [0, 0];
  for (let seen = 1;; seen++) {
    let nearest = 0;
    for (let mark = 1; mark < next.length; mark++) if (next[mark]! < next[nearest]!) nearest = mark;
    const at = next[nearest]!;
    if (at === Infinity) return deepest;
    depth += STEPS[nearest]!;
    if (depth > deepest) deepest = depth;
    const from = (MARKS[nearest] === '"' ? endOfText(text, at) : at) + 1;
    if (seen === TRIED && from < TRIED * FAR) return depthByCharacters(text, { from, depth, deepest });
    for (let mark = 0; mark < next.length; mark++) {
      if (next[mark]! < from) next[mark] = placeFrom(text, MARKS[mark]!, from);
    }
  }
}

function placeFrom(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? Infinity : at;
}

/** Where a text ends whose quote opens at `start`: at the next quote that no odd number of backslashes stands before. */
export function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === 0x5c) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

interface Seen {
  readonly from: number;
  readonly depth: number;
  readonly deepest: number;
}

function depthByCharacters(text: string, seen: Seen): number {
  let { depth, deepest } = seen;
  for (let index = seen.from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      for (index++; index < text.length && text.charCodeAt(index) !== 0x22; index++) {
        if (text.charCodeAt(index) === 0x5c) index++;
      }
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > deepest) deepest = depth;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return deepest;
}
