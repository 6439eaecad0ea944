/** What was typed since the kernel started. */

import { z } from "zod";

/** One cell of the history; `output` is the text of its result. */
interface Entry {
  readonly line: number;
  readonly input: string;
  output: string | null;
}

const SESSION = 1; // the history lives as long as the kernel: there is only this session
const KEPT_ENTRIES = 10_000;

/** What a `history_request` asks for. */
export const HISTORY_REQUEST = z.discriminatedUnion("hist_access_type", [
  z.object({
    hist_access_type: z.literal("tail"),
    n: z.int().min(0).nullish(),
    output: z.boolean().default(false),
  }),
  z.object({
    hist_access_type: z.literal("range"),
    session: z.int().default(0),
    start: z.int().nullish(),
    stop: z.int().nullish(),
    output: z.boolean().default(false),
  }),
  z.object({
    hist_access_type: z.literal("search"),
    pattern: z.string().default("*"),
    n: z.int().min(0).nullish(),
    unique: z.boolean().default(false),
    output: z.boolean().default(false),
  }),
]);

/** One line of a `history_reply`: session, number, and the input alone or with its output. */
export type HistoryLine = readonly [number, number, string | readonly [string, string | null]];

/** The cells of this session, oldest first. */
export class History {
  readonly #entries: Entry[] = [];

  /** Notes a cell; what it returns takes the text of the cell's result. */
  add(line: number, input: string): (output: string | null) => void {
    const entry: Entry = { line, input, output: null };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT_ENTRIES) this.#entries.shift();
    return (output) => entry.output = output;
  }

  /** Finds what a request asks for, oldest first. */
  find(request: z.infer<typeof HISTORY_REQUEST>): HistoryLine[] {
    return this.#select(request).map(({ line, input, output }) => [
      SESSION,
      line,
      request.output ? [input, output] : input,
    ]);
  }

  #select(request: z.infer<typeof HISTORY_REQUEST>): Entry[] {
    switch (request.hist_access_type) {
      case "tail":
        return last(this.#entries, request.n);
      case "range": { // other sessions than this (0 or its number) are not kept
        if (request.session !== 0 && request.session !== SESSION) return [];
        const [start, stop] = [request.start ?? 0, request.stop ?? Infinity];
        return this.#entries.filter(({ line }) => line >= start && line < stop);
      }
      case "search": {
        const matches = this.#entries.filter(({ input }) => matchesGlob(input, request.pattern));
        const kept = request.unique ? [...new Map(matches.map((entry) => [entry.input, entry])).values()] : matches;
        return last(kept, request.n);
      }
    }
  }
}

function last(entries: readonly Entry[], count: number | null | undefined): Entry[] {
  return count === 0 ? [] : entries.slice(-(count ?? entries.length));
}

/** Whether a text is like a pattern with `*` and `?`. In one pass with one way back: no pattern makes it slow. */
function matchesGlob(text: string, pattern: string): boolean {
  let [at, wanted, star, restart] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[wanted] === "*") {
      [star, restart] = [wanted++, at];
    } else if (pattern[wanted] === "?" || pattern[wanted] === text[at]) {
      at++;
      wanted++;
    } else if (star >= 0) {
      wanted = star + 1;
      at = ++restart;
    } else {
      return false;
    }
  }
  return [...pattern.slice(wanted)].every((character) => character === "*");
}
