/**
 * What a group's reader notes beside the offset up to which it is done, in the words that Kafka keeps there: how often what is behind it
 * has been given out.
 */
export interface TriesNote {
  /** Everything from the committed offset to before this one may have been given out once, unless `others` says otherwise. */
  readonly until: number;
  /** How often those were given out of which `until` does not say it; by offset. */
  readonly others: ReadonlyMap<number, number>;
  /** From an offset to before another nothing was given out, whatever `until` says, unless `others` says otherwise. Left out: nowhere. */
  readonly none?: Stretch | undefined;
}

/** From an offset to before another. It has gaps, and may be long: nobody walks through it. */
export type Stretch = readonly [from: number, to: number];

/** Nothing is known to have been given out. */
export const NO_TRIES: TriesNote = { until: 0, others: new Map() };

/** How long a note is at most; Kafka keeps 4,096 bytes unless it is told otherwise (offset.metadata.max.bytes). */
export const NOTE_CHARS = 3_000;
const FORM = /^tries:([\da-z]+)(?: (.*))?$/;
const RUN = /^([\da-z]+)(?:-([\da-z]+))?x([\da-z]+)$/;
const RADIX = 36;
const NOWHERE: Stretch = [0, 0];

/** Tells how often a record had been given out. */
export function triesIn({ until, others, none: [from, to] = NOWHERE }: TriesNote, offset: number): number {
  return others.get(offset) ?? (offset < until && !(from <= offset && offset < to) ? 1 : 0);
}

/** The same, where what stands in a stretch was given out once less. */
export function withoutOneTry({ until, others, none }: TriesNote, [from, to]: Stretch): TriesNote {
  const fewer = new Map(others);
  for (const [offset, tries] of others) if (from <= offset && offset < to && tries > 0) fewer.set(offset, tries - 1);
  const touches = none !== undefined && none[0] <= to && from <= none[1];
  return {
    until,
    others: fewer,
    none: touches ? [Math.min(from, none[0]), Math.max(to, none[1])] : from < to ? [from, to] : none,
  };
}

/**
 * Writes a note in at most so many characters; 3,000 are some 400 stretches of records of the same count. Where there are more, those that
 * were given out least are left out, and count as one time or none, as `until` has it; where there is no room for that either, nothing is
 * written.
 */
export function writeTries({ until, others, none = NOWHERE }: TriesNote, committed: number, most = NOTE_CHARS): string {
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
  runs.sort((one, other) => other.tries - one.tries);
  const [from, to] = [Math.max(none[0], committed), Math.min(none[1], until)];
  if (from < to) runs.unshift({ from, to: to - 1, tries: 0 }); // where it stands first it is a stretch, of which others are parts
  for (const { from, to, tries } of runs) {
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
  let none: Stretch | undefined;
  for (const [index, word] of words.split(" ").filter((word) => word !== "").entries()) {
    const [, from, to = from, tries] = RUN.exec(word) ?? [];
    if (from === undefined || tries === undefined) return NO_TRIES;
    const [first, last] = [parseInt(from, RADIX), parseInt(to!, RADIX)];
    if (index === 0 && tries === "0") none = [committed + first, committed + last + 1];
    else {
      const end = Math.min(last, first + 100_000);
      for (let at = first; at <= end; at++) others.set(committed + at, parseInt(tries, RADIX));
    }
  }
  return { until: committed + parseInt(until, RADIX), others, none };
}
