/** A value of the notebook. */
export interface SlicedValue {
  readonly name: string;
  /** What is compared: the name, or what a module has under it. */
  readonly expression: string;
  /** Its cell, as in messages. */
  readonly cell: string;
  /** Of what it is as data; null where that is too much. */
  readonly hash: string | null;
  /** What in it cannot be looked into; null where there is nothing such. */
  readonly hidden: string | null;
  /** The first cell that uses it itself, as in messages; null where none does. */
  readonly touchedBy: string | null;
  /** Whether it may be state of the steps: code that leaves changes it. */
  readonly mayBeState: boolean;
}

/** The values that leave. */
export interface SlicedValues {
  readonly values: readonly SlicedValue[];
  /** Which functions in them are of cells, for whoever makes them again. */
  readonly answers: string;
}
