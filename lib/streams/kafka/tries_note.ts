/**
 * What a group's reader notes beside the offset up to which it is done, in the words that Kafka keeps there: how often what is behind it
 * has been given out.
 */
export interface TriesNote {
  /** Everything from the committed offset to before this one may have been given out once, unless `others` says otherwise. */
  readonly until: number;
  /** How often those were given out of which `until` does not say it; by offset. */
  readonly others: ReadonlyMap<number, number>;
}

/** Nothing is known to have been given out. */
export const NO_TRIES: TriesNote = { until: 0, others: new Map() };

/** How long a note is at most; Kafka keeps 4,096 bytes unless it is told otherwise (offset.metadata.max.bytes). */
export const NOTE_CHARS = 3_000;
const FORM = /^tries:([\da-z]+)(?: (.*))?$/;
const RUN = /^([\da-z]+)(?:-([\da-z]+))?x([\da-z]+)$/;
const RADIX = 36;

/** Tells how often a record had been given out. */
export function triesIn({ until, others }: TriesNote, offset: number): number {
  return others.get(offset) ?? (offset < until ? 1 : 0);
}

/** The same, where what stands from one offset to before another was given out once less. */
export function withoutOneTry(note: TriesNote, from: number, to: number): TriesNote {
  const others = new Map(note.others);
  for (let offset = from; offset < to; offset++) {
    const tries = triesIn(note, offset);
    if (tries > 0) others.set(offset, tries - 1);
  }
  return { until: note.until, others };
}

/**
 * Writes a note in at most so many characters; 3,000 are some 400 stretches of records of the same count. Where there are more, those that
 * were given out least are left out, and count as one time or none, as `until` has it; where there is no room for that either, nothing is
 * written.
 */
export function writeTries({ until, others }: TriesNote, committed: number, most = NOTE_CHARS): string {
  const runs: { from: number; to: number; tries: number }[] = [];
  for (const [offset, tries] of [...others].sort(([one], [other]) => one - other)) {
    if (offset < committed) continue;
    const last = runs.at(-1);
    if (last?.to === offset - 1 && last.tries === tries) last.to = offset;
    else runs.push({ from: offset, to: offset, tries });
  }
  const text = (offset: number) => Math.max(0, offset - committed).toString(RADIX);
  const words = [`tries:${text(until)}`];
  let left = most - words[0]!.length;
  if (left < 0) return "";
  for (const { from, to, tries } of runs.sort((one, other) => other.tries - one.tries)) {
    const word = `${text(from)}${to > from ? `-${text(to)}` : ""}x${tries.toString(RADIX)}`;
    left -= word.length + 1;
    if (left < 0) break;
    words.push(word);
  }
  return words.join(" ");
}

/** Reads a note; where somebody else wrote one, or nobody, nothing is known. */
export function readTries(text: string | null | undefined, committed: number): TriesNote {
  const [, until, words = ""] = FORM.exec(text ?? "") ?? [];
  if (until === undefined) return NO_TRIES;
  const others = new Map<number, number>();
  for (const word of words.split(" ").filter((word) => word !== "")) {
    const [, from, to = from, tries] = RUN.exec(word) ?? [];
    if (from === undefined || tries === undefined) return NO_TRIES;
    const last = Math.min(parseInt(to!, RADIX), parseInt(from, RADIX) + 100_000);
    for (let at = parseInt(from, RADIX); at <= last; at++) others.set(committed + at, parseInt(tries, RADIX));
  }
  return { until: committed + parseInt(until, RADIX), others };
}
