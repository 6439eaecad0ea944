/** What the engine process and the kernel say to each other, apart from CDP itself. */
import type { Output } from "./engine.ts";

/** The one global of the engine process that cells' generated code speaks to. */
export const ENGINE = "__levada_engine__";

/** The CDP binding that carries what the engine process says. */
export const CARRIER = "__levada_carrier__";

/** Said by the engine process, in order with everything else that it says. */
export type Carried =
  | Output
  /** The process waits until everything before it has been taken: then `{ taken }` comes on stdin. */
  | { readonly kind: "mark"; readonly number: number }
  /** The process waits on stdin for an answer. */
  | {
    readonly kind: "ask";
    readonly number: number;
    readonly execution: string;
    readonly prompt: string;
    readonly password: boolean;
  }
  /** A library asks about the notebook: the kernel answers by a call of `ENGINE.notebook`. */
  | Question;

/** What a library asks about the notebook. */
export interface Question {
  readonly kind: "notebook";
  readonly number: number;
  readonly asks: "cells" | "locate";
}

/** A run of a cell, as a library is told of it. */
export interface CellRun {
  /** The notebook's id of the cell; null where the frontend sends none. */
  readonly id: string | null;
  /** The number in `In [n]`. */
  readonly execution: number;
  readonly source: string;
  /** The values and types that it declares at its top level. */
  readonly declared: readonly string[];
  /** The names that it uses and does not declare. */
  readonly free: readonly string[];
}

/**
 * Where the text of a function begins; line and column count from 0, and are null where the script that ran has functions that nobody
 * wrote, as for decorators.
 */
export interface FunctionPlace {
  /** The cell's id and execution; both null for a function of a file, or one that is native. */
  readonly cell: string | null;
  readonly execution: number | null;
  /** The URL of its file, where it is in one. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/**
 * Said to the engine process on its stdin, one JSON line each; read only while the process waits for the line with this number. A
 * cell that is stopped while it waits leaves its line behind, whole or in part.
 */
export type Told =
  | { readonly kind: "taken"; readonly number: number }
  | { readonly kind: "answer"; readonly number: number; readonly text: string | null; readonly interrupted: boolean };

/** One run of a cell, as the engine process is told before it. */
export interface Run {
  readonly execution: string;
  readonly cellId: string | null;
  readonly count: number;
  readonly silent: boolean;
  readonly mappings: readonly string[];
  readonly shift: number;
}

/** A line of a stack trace that a person has use for. */
export interface Frame {
  /** Name of the function, empty at the top level. */
  readonly name: string;
  /** The run of the cell in which the line stands; undefined for a file. */
  readonly execution: string | undefined;
  /** What to call the place: `cell [3]` or a path. */
  readonly place: string;
  /** Line and column, both from 1. */
  readonly line: number;
  readonly column: number;
}

/** An error as the engine process sees it. */
export interface Described {
  readonly name: string;
  readonly message: string;
  readonly frames: readonly Frame[];
  /** Its `cause`, or the errors of an `AggregateError`. */
  readonly causes: readonly Described[];
}
