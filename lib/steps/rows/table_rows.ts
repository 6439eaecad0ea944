import type { FlowEvent } from "../../graph/event.ts";
import type { StepScope } from "../../graph/operator.ts";
import { checkNames } from "../../stores/column_shape.ts";
import { RowSchema } from "../../stores/row_schema.ts";
import { bodyOf, fieldsOf } from "../body/fields_of.ts";
import { fieldColumns, parseColumn, type RowColumn, RowPicker } from "./row_columns.ts";

/** What rows of a table are made of. */
export interface TableRowOptions {
  /** In the notation of columns. Default: `known`, else the fields of the first row. */
  readonly columns: readonly string[] | undefined;
  /** The columns that are there already, in order. */
  readonly known: readonly string[] | undefined;
  /** In the notation of partitions. */
  readonly partitions: readonly string[];
  /** The field that partitions by time go by. Default: the event's time. */
  readonly timeField: string | undefined;
  /** The types that are said, by column. */
  readonly types: ReadonlyMap<string, string>;
}

/** Makes rows with types of events, and learns their columns from the first. */
export class TableRows {
  readonly #scope: StepScope;
  readonly #options: TableRowOptions;
  readonly #partitions: readonly RowColumn[];
  #made: { readonly picker: RowPicker; readonly schema: RowSchema } | undefined;

  constructor(options: TableRowOptions, scope: StepScope) {
    this.#scope = scope;
    this.#options = options;
    this.#partitions = options.partitions.map(parseColumn);
    const { columns, known } = options;
    if (columns !== undefined) this.#made = this.#make(columns.map(parseColumn), false);
    else if (known !== undefined) this.#made = this.#make(fieldColumns(known), true);
  }

  /** The columns and their types; there once the first row was made. */
  get schema(): RowSchema {
    return this.#made!.schema;
  }

  /** Makes the row of an event. */
  rowOf(event: FlowEvent): unknown[] {
    const body = bodyOf(this.#scope.read(event));
    const made = this.#made ?? this.#make(fieldColumns(Object.keys(fieldsOf(body, "write the row"))), true);
    const row = made.schema.take(made.picker.pick(event, body));
    this.#made = made;
    return row;
  }

  #make(columns: readonly RowColumn[], isClosed: boolean): { picker: RowPicker; schema: RowSchema } {
    const partitions = this.#partitions;
    const moved = new Set(partitions.map(({ from }) => from));
    const rest = isClosed ? columns.filter(({ from }) => !moved.has(from)) : columns;
    const names = [...rest, ...partitions].map(({ name }) => name);
    if (rest.length === 0) throw new TypeError("Cannot write the row: it has no columns besides the partitions");
    try {
      checkNames(names);
    } catch (error) {
      throw new TypeError(`Cannot write the row: it ${(error as Error).message}`, { cause: error });
    }
    const types = new Map([...this.#options.types, ...partitions.map(({ name }) => [name, "VARCHAR"] as const)]);
    const { timeField } = this.#options;
    return { picker: new RowPicker(rest, { isClosed, partitions, timeField }), schema: new RowSchema(names, types) };
  }
}
