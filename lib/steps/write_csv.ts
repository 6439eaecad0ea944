import { z } from "zod";
import { DataError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { appendText, HEAD_BYTES } from "../stores/append_text.ts";
import { csvRecord, DELIMITER, matchCsvRecord } from "../stores/csv_record.ts";
import { FileItem } from "../stores/file_item.ts";
import { jsonLine } from "../stores/json_line.ts";
import { localPath } from "../stores/local_path.ts";
import { bodyOf, fieldsOf } from "./body/fields_of.ts";
import { fieldColumns, parseColumn, RowPicker } from "./rows/row_columns.ts";
import { type RowSink, RowWriter } from "./rows/row_writer.ts";
import { columnList, FLUSH, type FlushOptions, PATH } from "./rows/writer_options.ts";

/** Where a CSV file is, and what is in it. */
export interface WriteCsvOptions extends FlushOptions {
  /** A path or a `file:` URL; folders that are missing are made. */
  path: string | URL;
  /**
   * Columns in their order: `field`, `name=field` for another name, `$key`, `$time` or `$id` for parts of the event. Fields that are not
   * among them are left out. Default: those of the file that is there, else the fields of the first row; then a row with another
   * field fails.
   */
  columns?: readonly string[];
  /** Names the columns in the first line of a new file (default). Without, `columns` has to be said. */
  header?: boolean;
  /** Stands between two fields, one character. Default `,`. */
  delimiter?: string;
}

const OPTIONS = z.strictObject({
  path: PATH,
  columns: columnList(false).optional(),
  header: z.boolean().optional(),
  delimiter: DELIMITER.optional(),
  ...FLUSH,
}).refine(
  ({ header, columns }) => header !== false || columns !== undefined,
  { path: ["columns"], message: "is missing, and without a header nothing else says what the columns are" },
);

/** What `writeCsv` does with events. */
export const WRITE_CSV: StepDefinition = {
  kind: "writeCsv",
  shape: "cylinder",
  options: OPTIONS,
  code: {},
  holds: true,
  async open(spec, scope) {
    const options = OPTIONS.parse(spec.options);
    const sink = new CsvSink(options, scope);
    await sink.look();
    const { maxEvents = 128, flushAfterMs = 1_000 } = options;
    return new RowWriter(sink, { maxEvents, flushAfterMs }, scope);
  },
};

class CsvSink implements RowSink<string> {
  readonly #path: string;
  readonly #form: { readonly delimiter: string };
  readonly #hasHeader: boolean;
  readonly #scope: StepScope;
  #picker: RowPicker | undefined;

  constructor({ path, delimiter = ",", header = true, columns }: z.infer<typeof OPTIONS>, scope: StepScope) {
    this.#path = localPath(path);
    this.#form = { delimiter };
    this.#hasHeader = header;
    this.#scope = scope;
    if (columns !== undefined) this.#picker = new RowPicker(columns.map(parseColumn), { isClosed: false });
  }

  /** Takes the columns of the file that is there. */
  async look(): Promise<void> {
    let head: Uint8Array;
    try {
      head = await new FileItem(this.#path).get({ from: 0, to: HEAD_BYTES });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    if (head.length === 0 || !this.#hasHeader) return;
    const names = this.#columnsOf(new TextDecoder().decode(head));
    this.#picker ??= new RowPicker(fieldColumns(names), { isClosed: true });
  }

  rowOf(event: FlowEvent): string {
    const row = bodyOf(this.#scope.read(event));
    const picker = this.#picker ??
      new RowPicker(fieldColumns(Object.keys(fieldsOf(row, "write the row"))), { isClosed: true });
    if (picker.columns.length === 0) throw new TypeError("Cannot write the row: the body has no fields");
    const values = picker.pick(event, row);
    const line = csvRecord(values.map((value, index) => cellOf(value, picker.columns[index]!.name)), this.#form);
    this.#picker = picker;
    return line;
  }

  write(rows: readonly string[]): Promise<void> {
    return appendText(rows.join(""), {
      path: this.#path,
      begin: async (bytes, head) => {
        if (!this.#hasHeader) return "";
        if (bytes === 0) return csvRecord(this.#names, this.#form);
        this.#columnsOf(await head());
        return "";
      },
    });
  }

  get #names(): string[] {
    return this.#picker!.columns.map(({ name }) => name);
  }

  /** The columns of the file, which must be ours. */
  #columnsOf(head: string): readonly string[] {
    const there = matchCsvRecord(head, this.#form);
    const act = `Cannot append to "${this.#path}"`;
    if (there === undefined) throw new DataError(`${act}: the quotes of its first line do not end`);
    const ours = this.#picker === undefined ? there : this.#names;
    if (ours.length !== there.length || ours.some((name, index) => name !== there[index])) {
      throw new DataError(`${act}: its columns are ${there.join(", ")}, and those to write are ${ours.join(", ")}`);
    }
    return there;
  }
}

/** A value as a field of CSV. */
function cellOf(value: unknown, column: string): string | null {
  switch (typeof value) {
    case "undefined":
      return null;
    case "string":
      if (!value.isWellFormed()) {
        throw new TypeError(
          `Cannot write the row: field "${column}" is a text with half a character (a lone surrogate)`,
        );
      }
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
  }
  if (value === null) return null;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (value instanceof Uint8Array) {
    return Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
  }
  return jsonLine(value, `write field "${column}"`);
}

/**
 * Appends a record to a CSV file for each event, then lets the event go on: when it goes on, its row is in the file (handed to the
 * operating system). Whoever waits for an answer from behind it waits for that, so put it on a branch of its own where the answer
 * should not wait. A piece is written as a whole or not at all, and several writers take turns.
 *
 * Bodies are objects; a list gives its items to `columns` in order. Times are ISO 8601 in UTC, lists and objects are JSON, bytes are
 * `\x00` texts, null is empty and an empty text is `""`. A file whose first line names other columns is left alone: the step does not open.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving, writeCsv } from "levada";
 *
 * const path = await Deno.makeTempDir();
 * const fn = serving("keep");
 * fn.setTopology("flow")
 *   .to("write", writeCsv<{ user: string; paid: number }>({ path: `${path}/2024/paid.csv`, columns: ["who=user", "paid"], maxEvents: 1 }))
 *   .to("tell", (body) => body.paid)
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { user: "ana", paid: 3, note: "left out" }), 3);
 * deepStrictEqual(await Deno.readTextFile(`${path}/2024/paid.csv`), "who,paid\nana,3\n");
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export function writeCsv<In>(options: WriteCsvOptions): ReadyStep<In, In> {
  return new ReadyStep(WRITE_CSV, { ...options, path: String(options.path) });
}
