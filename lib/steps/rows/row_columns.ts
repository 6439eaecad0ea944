import type { FlowEvent } from "../../graph/event.ts";
import { fieldOf, type Fields, fieldsOf } from "../body/fields_of.ts";
import { timeOf } from "../body/time_reader.ts";

/** Parts of an event that a column can hold besides fields of the body. */
const METADATA: Readonly<Record<string, (event: FlowEvent) => unknown>> = {
  $key: ({ key }) => key,
  $time: ({ time }) => time,
  $id: ({ id }) => id,
};

/** Parts of a time that a partition can be named by; as text, since they name folders. */
const TIME_PARTS: Readonly<Record<string, (time: Date) => string>> = {
  $year: (time) => String(time.getUTCFullYear()),
  $month: (time) => twoDigits(time.getUTCMonth() + 1),
  $day: (time) => twoDigits(time.getUTCDate()),
  $hour: (time) => twoDigits(time.getUTCHours()),
};

function twoDigits(count: number): string {
  return String(count).padStart(2, "0");
}

/** One column: its name, and where its value comes from. */
export interface RowColumn {
  readonly name: string;
  /** A field of the body, or `$key`, `$time`, `$id`, `$year` and so on. */
  readonly from: string;
  /** Whether it is no field of the body, but a part of the event. */
  readonly isPart: boolean;
}

/** Reads the notation of a column: `field`, `name=field`, `$key`, `name=$key`. */
export function parseColumn(text: string): RowColumn {
  const at = text.indexOf("=");
  const from = text.slice(at + 1);
  return { name: at < 0 ? from.replace(/^\$/, "") : text.slice(0, at), from, isPart: from.startsWith("$") };
}

/** Columns that are fields of the body, by their names. */
export function fieldColumns(names: readonly string[]): RowColumn[] {
  return names.map((name) => ({ name, from: name, isPart: false }));
}

/** What is wrong with a column in this notation; undefined where nothing is. */
export function faultOfColumn(text: string, isPartition: boolean): string | undefined {
  const { name, from } = parseColumn(text);
  if (name === "" || from === "") return `${JSON.stringify(text)} has an empty name`;
  if (!from.startsWith("$") || Object.hasOwn(METADATA, from) || (isPartition && Object.hasOwn(TIME_PARTS, from))) {
    return undefined;
  }
  const known = [...Object.keys(METADATA), ...(isPartition ? Object.keys(TIME_PARTS) : [])];
  return `${JSON.stringify(text)} asks for ${from}; there are ${known.join(", ")}`;
}

/** Takes the values of columns out of events. */
export class RowPicker {
  /** The columns, in order. */
  readonly columns: readonly RowColumn[];
  readonly #partitions: readonly RowColumn[];
  readonly #timeField: string | undefined;
  /** The fields that a body may have; undefined where others are left out. */
  readonly #allowed: ReadonlySet<string> | undefined;

  /** `isClosed` refuses fields that are no column: they would be lost without a word. */
  constructor(
    columns: readonly RowColumn[],
    options: {
      readonly isClosed: boolean;
      readonly partitions?: readonly RowColumn[];
      readonly timeField?: string | undefined;
    },
  ) {
    this.columns = columns;
    this.#partitions = options.partitions ?? [];
    this.#timeField = options.timeField;
    this.#allowed = options.isClosed ? new Set([...columns, ...this.#partitions].map(({ from }) => from)) : undefined;
  }

  /**
   * The values of one event: those of the columns, then those of the partitions.
   *
   * @throws {TypeError} If the body has no fields, or one that is no column.
   */
  pick(event: FlowEvent, body: unknown): unknown[] {
    const fields = this.#fields(body);
    const stray = this.#allowed === undefined
      ? undefined
      : Object.keys(fields).find((name) => !this.#allowed!.has(name));
    if (stray !== undefined) {
      const names = this.columns.map(({ name }) => name).join(", ");
      throw new TypeError(
        `Cannot write the row: its field "${stray}" is no column of ${names}. Say the columns to leave it out`,
      );
    }
    const values = this.columns.map((column) => valueOf(column, fields, event));
    for (const column of this.#partitions) {
      const part = column.isPart ? TIME_PARTS[column.from] : undefined;
      values.push(
        part === undefined ? textOf(valueOf(column, fields, event), column.from) : part(this.#timeOf(fields, event)),
      );
    }
    return values;
  }

  /** A list gives its items to the columns that are fields, in order. */
  #fields(body: unknown): Fields {
    if (!Array.isArray(body) || this.#allowed !== undefined) return fieldsOf(body, "write the row");
    const names = this.columns.filter(({ isPart }) => !isPart);
    if (body.length !== names.length) {
      throw new TypeError(`Cannot write the row: the list has ${body.length} items for ${names.length} columns`);
    }
    return Object.fromEntries(names.map(({ from }, index) => [from, body[index]]));
  }

  #timeOf(fields: Fields, event: FlowEvent): Date {
    if (this.#timeField === undefined) return event.time;
    return new Date(timeOf(fieldOf(fields, this.#timeField), `write the row by field "${this.#timeField}"`));
  }
}

function valueOf({ from, isPart }: RowColumn, fields: Fields, event: FlowEvent): unknown {
  return isPart ? METADATA[from]!(event) : fieldOf(fields, from);
}

/** The name of a partition. */
function textOf(value: unknown, field: string): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (["string", "number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw new TypeError(`Cannot write the row: "${field}" names its folder and is neither a text nor a number`);
}
