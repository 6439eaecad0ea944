/** What a value is. */
export interface HashedValue {
  /** The same for the same data; null where that is too much to look at. */
  readonly hash: string | null;
  /** What in it cannot be looked into: a generator, a `WeakMap`; null where there is nothing such. */
  readonly hidden: string | null;
  /** The functions of cells in it, in order: which of the texts each has. */
  readonly functions: readonly number[];
}

/** A value of the notebook. */
export interface SlicedValue extends HashedValue {
  readonly name: string;
  /** What is compared: the name, or what a module has under it. */
  readonly expression: string;
  /** Its cell, as in messages. */
  readonly cell: string;
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
  /** What the texts of functions in them say; null where nobody knows. */
  readonly shapes: readonly (string | null)[];
  /** What every function says that stands in the code that leaves. */
  readonly leaving: readonly string[];
  /** The enums that leave. */
  readonly enums: readonly string[];
  /** Every name in the code that leaves. */
  readonly names: readonly string[];
}
