/** Runs cells in a process of its own. The session asks it; it never knows a Jupyter message. */

/** One cell to run. `execution` names this run of it; every output tells to which run it belongs. */
export interface Cell {
  readonly execution: string;
  /** The notebook's id of the cell, where the frontend sends one. */
  readonly cellId: string | undefined;
  readonly code: string;
  /** The number in `In [n]`. */
  readonly count: number;
  readonly silent: boolean;
}

/** Everything under which a value can be shown, by MIME type. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** Something that a cell put out, in the order in which it happened. */
export type Output =
  & { readonly execution: string }
  & (
    | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
    | {
      readonly kind: "display" | "update";
      readonly data: MimeBundle;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly displayId?: string;
    }
    | { readonly kind: "result"; readonly data: MimeBundle; readonly metadata: Readonly<Record<string, unknown>> }
    | { readonly kind: "clear"; readonly wait: boolean }
    | { readonly kind: "error"; readonly failure: CellFailure }
    | {
      readonly kind: "message";
      readonly type: string;
      readonly content: Readonly<Record<string, unknown>>;
      readonly metadata: Readonly<Record<string, unknown>>;
    }
  );

/** Why a cell failed, ready for a traceback: names the cell's own lines and columns. */
export interface CellFailure {
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

/** How a run of a cell ended. */
export type Outcome = { readonly status: "ok" } | { readonly status: "error"; readonly failure: CellFailure };

/** What the engine asks of the session. */
export interface EngineEvents {
  /** Called in order. When a promise comes back, the engine waits for it: that is the back-pressure. */
  output(output: Output): void | Promise<void>;
  /** A cell asks the person a question (`prompt`, `confirm`); undefined when it cannot be asked. */
  input(execution: string, prompt: string, password: boolean): Promise<string | undefined>;
}

/** Runs cells, one at a time. */
export interface Engine extends AsyncDisposable {
  /**
   * Runs a cell. Before it settles, every output of the cell has been handed to `events.output`, the result and the error
   * included. It never rejects: a crash of the engine is an error outcome (and the engine has been started again).
   */
  run(cell: Cell): Promise<Outcome>;
  /** Ends the running cell with an `Interrupted` failure and keeps all variables; does nothing when no cell runs. */
  interrupt(): Promise<void>;
  /** Kills the engine process and starts an empty one. */
  restart(): Promise<void>;
}
