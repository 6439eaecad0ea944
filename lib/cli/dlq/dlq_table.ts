import { oneLine } from "../../draw/escape.ts";
import { cut, padTo, widthOf } from "../../draw/text_width.ts";
import { type LetterRow, shortIds, shortTime } from "../../streams/letters/letter_table.ts";

interface Column {
  readonly title: string;
  readonly text: (row: LetterRow, ids: ReadonlyMap<string, string>) => string;
  /** The least width; less is not worth a column. */
  readonly least: number;
  /** More than this it needs only where there is room. */
  readonly most: number;
  readonly isNumber?: true;
}

const GAP = 2;

const COLUMNS: readonly Column[] = [
  { title: "TIME", text: ({ time }) => shortTime(time), least: 20, most: 20 },
  { title: "ID", text: ({ id }, ids) => ids.get(id)!, least: 8, most: 200 },
  { title: "KEY", text: ({ key = "" }) => key, least: 4, most: 16 },
  { title: "STEP", text: ({ step = "" }) => step, least: 6, most: 16 },
  { title: "ERROR", text: ({ error = "" }) => error, least: 16, most: 60 },
  { title: "TRIES", text: ({ tries = "" }) => String(tries), least: 5, most: 5, isNumber: true },
  { title: "GROUP", text: ({ group = "" }) => group, least: 6, most: 20 },
  { title: "AGAIN", text: ({ again = "" }) => again, least: 6, most: 20 },
  { title: "BODY", text: ({ body }) => body, least: 12, most: 1_000 },
];
/** Where a terminal is narrow these go, the first of them first; `show` has all. */
const LEAST_WANTED = ["GROUP", "KEY", "TRIES", "AGAIN", "TIME", "BODY", "STEP"];

/** Letters as lines that fit into a terminal. Ids are never cut, since they are what other commands take; of a UUID the first digits do. */
export function letterLines(rows: readonly LetterRow[], width: number): string[] {
  const ids = shortIds(rows.map(({ id }) => id));
  let columns = COLUMNS.map((column) => {
    const texts = rows.map((row) => oneLine(column.text(row, ids)));
    const natural = Math.max(widthOf(column.title), ...texts.map((text) => widthOf(cut(text, column.most))));
    return { ...column, texts, natural, width: column.title === "ID" ? natural : Math.min(natural, column.least) };
  }).filter(({ texts }) => texts.some((text) => text !== ""));
  const used = () => columns.reduce((sum, column) => sum + column.width, (columns.length - 1) * GAP);
  for (const title of LEAST_WANTED) if (used() > width) columns = columns.filter((column) => column.title !== title);
  for (let rest = width - used(), grew = true; rest > 0 && grew;) {
    grew = false;
    for (const column of columns) {
      if (rest <= 0 || column.width >= column.natural) continue;
      column.width += 1;
      rest -= 1;
      grew = true;
    }
  }
  const line = (textOf: (column: (typeof columns)[number]) => string) =>
    columns.map((column) => {
      const text = fitted(textOf(column), column.width);
      return padTo(text, column.isNumber ? -column.width : column.width);
    }).join(" ".repeat(GAP)).trimEnd();
  return [line(({ title }) => title), ...rows.map((_, index) => line(({ texts }) => texts[index]!))];
}

/** Text of at most so many columns. */
function fitted(text: string, width: number): string {
  let short = cut(text, width);
  for (let letters = width - 1; widthOf(short) > width && letters > 0; letters--) short = cut(text, letters);
  return short;
}
