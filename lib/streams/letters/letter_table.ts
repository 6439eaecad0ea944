import { escapeText, oneLine } from "../../draw/escape.ts";
import { Table } from "../../draw/table.ts";
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
  const rows = first.map(rowOf);
  const columns = (["time", "id", "key", "step", "error", "tries", "group", "again", "body"] as const).filter((name) =>
    rows.some((row) => row[name] !== undefined && row[name] !== "")
  );
  const caption = countLetters(count, path) + (count > first.length ? `, the first ${first.length}` : "");
  const { html, text } = new Table(rows, { columns, caption, maxRows: first.length });
  return { "text/html": html, "text/plain": text };
}
