import { escapeText, oneLine } from "../../draw/escape.ts";
import { Table } from "../../draw/table.ts";
import { cut } from "../../draw/text_width.ts";
import { FONT, themed } from "../../draw/theme.ts";
import { redactText } from "../../redact_text.ts";
import { bodyText } from "./body_text.ts";
import type { DeadLetter } from "./dead_letter.ts";

/** What a table of letters shows of one. */
export interface LetterRow {
  /** When the group gave it up. */
  readonly time: Date;
  readonly id: string;
  readonly key: string | undefined;
  readonly step: string | undefined;
  readonly error: string | undefined;
  readonly tries: number | undefined;
  readonly group: string | undefined;
  /** How often, and by whom at last. */
  readonly again: string | undefined;
  readonly body: string;
}

/** What a notebook shows of a letter, and how many letters of it: only ids, errors and bodies may take more than a line. */
const COLUMNS: readonly (readonly [name: keyof LetterRow, letters: number])[] = [
  ["time", 20],
  ["id", 80],
  ["key", 20],
  ["step", 20],
  ["error", 90],
  ["tries", 9],
  ["group", 20],
  ["again", 20],
  ["body", 70],
];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A letter as a row of a table. */
export function rowOf(letter: DeadLetter): LetterRow {
  const { id, key, error, burial, replay, time, unreadable } = letter;
  const again = replay && `${replay.count}×, ${replay.by}`;
  return {
    time: burial?.at ?? time,
    id,
    key,
    step: error?.step,
    error: error === undefined ? unreadable : `${error.name}: ${error.message}`,
    tries: burial?.tries || undefined,
    group: burial?.group,
    again,
    body: bodyText(letter),
  };
}

/** A count of letters in words: `3 dead letters of local://orders`. */
export function countLetters(count: number, path: string): string {
  return `${count} dead ${count === 1 ? "letter" : "letters"} of ${redactText(path)}`;
}

/** What a notebook shows of the letters of a stream: the first of them, and how many there are. */
export function displayLetters(
  path: string,
  { first, count }: { readonly first: readonly DeadLetter[]; readonly count: number },
): Record<string, unknown> {
  if (count === 0) {
    const text = `No dead letters of ${redactText(path)}`;
    const html = `<div class="levada-letters"><style>${
      themed(".levada-letters")
    }\n.levada-letters p{font:13px/1.45 ${FONT};color:var(--soft);margin:4px}</style><p>${escapeText(text)}</p></div>`;
    return { "text/html": html, "text/plain": oneLine(text) };
  }
  const ids = shortIds(first.map(({ id }) => id));
  const rows = first.map((letter) => {
    const row = rowOf(letter);
    const texts = COLUMNS.map(([name, letters]) => [name, cut(oneLine(textIn(row, name, ids)), letters)] as const);
    return { ...Object.fromEntries(texts), tries: row.tries } as Readonly<Record<string, unknown>>;
  });
  const columns = COLUMNS.map(([name]) => name).filter((name) =>
    rows.some((row) => row[name] !== undefined && row[name] !== "")
  );
  const caption = countLetters(count, path) + (count > first.length ? `, the first ${first.length}` : "");
  const { html, text } = new Table(rows, { columns, caption, maxRows: first.length });
  return { "text/html": html, "text/plain": text };
}

/** A time to the second. */
export function shortTime(time: Date): string {
  return time.toISOString().replace("T", " ").replace(/\.\d+/, "");
}

/** Of UUIDs as many digits as tell them apart, 8 at least, since these are what letters are named by; other ids whole. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const whole = [...new Set(ids)];
  return new Map(whole.map((id) => {
    if (!UUID.test(id)) return [id, id];
    let length = 8;
    while (length < id.length && whole.some((other) => other !== id && other.startsWith(id.slice(0, length)))) {
      length += 1;
    }
    return [id, id.slice(0, length)];
  }));
}

function textIn(row: LetterRow, name: keyof LetterRow, ids: ReadonlyMap<string, string>): string {
  const value = row[name];
  if (name === "id") return ids.get(row.id)!;
  return value instanceof Date ? shortTime(value) : String(value ?? "");
}
