import { z } from "zod";

/** How a CSV file is written. */
export interface CsvForm {
  /** Stands between two fields. */
  readonly delimiter: string;
}

/** Checks what stands between two fields. */
export const DELIMITER: z.ZodType<string> = z.string().length(1)
  .refine((text) => !/["\r\n\0]/.test(text), "is a quote or an end of line");

/** Splits the first record of a CSV text into its fields; undefined where its quotes do not end. */
export function matchCsvRecord(text: string, { delimiter }: CsvForm): string[] | undefined {
  const fields: string[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (true) {
    let field = "";
    if (text[at] === '"') {
      for (at += 1;; at += 1) {
        const quote = text.indexOf('"', at);
        if (quote < 0) return undefined;
        field += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
    }
    const end = at + text.slice(at).search(new RegExp(`${RegExp.escape(delimiter)}|\r|\n|$`));
    fields.push(field + text.slice(at, end));
    if (text[end] !== delimiter) return fields;
    at = end + 1;
  }
}

/** Writes one record; a field is quoted where it would be read as something else, and an empty text, which differs from null. */
export function csvRecord(fields: readonly (string | null)[], { delimiter }: CsvForm): string {
  return `${fields.map((field) => field === null ? "" : quoteField(field, delimiter)).join(delimiter)}\n`;
}

function quoteField(field: string, delimiter: string): string {
  const isPlain = field !== "" && !field.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(field);
  return isPlain ? field : `"${field.replaceAll('"', '""')}"`;
}
