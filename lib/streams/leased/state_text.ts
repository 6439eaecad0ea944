import type { CursorState, OpenRecord } from "./leased_cursor.ts";

/**
 * Open records that the broker knows by their offsets, given out equally often and due at one time: the first offset, then how far each is
 * behind the one before; a number below 0 says how many times more the same.
 */
type Run = readonly [tries: number, dueAt: number | null, first: number, ...steps: number[]];

interface Packed extends CursorState {
  readonly runs?: readonly Run[];
}

/** From so many open records on they are written in runs. */
export const MANY_OPEN = 1_000; // a few are written one by one, as those who read them always could

/** What the broker keeps of a cursor. A broker may take a megabyte, and a reader may have a hundred thousand records in hand. */
export function writeState({ open, ...state }: CursorState): string {
  if (open.length < MANY_OPEN) return JSON.stringify({ ...state, open });
  const runs: number[][] = [];
  const rest: OpenRecord[] = [];
  let [last, step] = [0, 0];
  for (const record of open) {
    const [offset, place, tries, dueAt = null] = record;
    if (place !== String(offset)) {
      rest.push(record);
      continue;
    }
    const run = runs.at(-1);
    if (run === undefined || run[0] !== tries || run[1] !== dueAt) {
      runs.push([tries, dueAt as number, offset]);
      step = 0;
    } else if (offset - last !== step) run.push(step = offset - last);
    else if (run.at(-1)! < 0) run[run.length - 1]! -= 1;
    else run.push(-1);
    last = offset;
  }
  return JSON.stringify({ ...state, open: rest, runs });
}

/** Reads what `writeState` wrote. */
export function readState(text: string): CursorState {
  const { open, runs = [], ...state }: Packed = JSON.parse(text);
  if (runs.length === 0) return { ...state, open };
  return { ...state, open: [...open, ...runs.flatMap(readRun)].sort(([one], [other]) => one - other) };
}

function readRun([tries, dueAt, first, ...steps]: Run): OpenRecord[] {
  const records: OpenRecord[] = [];
  let offset = first;
  const add = () => {
    records.push(dueAt === null ? [offset, String(offset), tries] : [offset, String(offset), tries, dueAt]);
  };
  add();
  let step = 0;
  for (const next of steps) {
    if (next > 0) step = next;
    for (let times = next > 0 ? 1 : -next; times > 0; times--) {
      offset += step;
      add();
    }
  }
  return records;
}
