/** What a library may ask about the notebook, under `Symbol.for("levada.notebook")`. Runs in the engine process. */

import type { CellRun, FunctionPlace, Question } from "./carried.ts";

/** Where a function was written, and what it holds of inner scopes around it. */
export interface LocatedFunction extends FunctionPlace {
  /** By name: parameters of the functions around it, variables of loops and blocks. The innermost of a name. */
  readonly captured: Readonly<Record<string, unknown>>;
}

/** What a library sees. */
export interface NotebookView {
  /**
   * Every run of every cell since the process that holds the variables began, in order. What a person has written into a cell and not
   * run is unknown to the kernel, and so are cells that have been deleted.
   */
  cells(): Promise<CellRun[]>;
  /**
   * Where a function or class was written, and what it holds.
   *
   * @throws {TypeError} If it is no function, or one without a place: native, or bound.
   */
  locate(fn: unknown): Promise<LocatedFunction>;
}

interface Waiting {
  readonly value: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Asks the kernel, and hears its answers. */
export class NotebookSide {
  readonly #waiting = new Map<number, Waiting>();
  readonly #say: (question: Question) => void;
  #last = 0;

  constructor(say: (question: Question) => void) {
    this.#say = say;
  }

  /** What is seen from outside. */
  get view(): NotebookView {
    return Object.freeze({
      cells: async () => await this.#ask("cells") as CellRun[],
      locate: async (fn: unknown) => {
        if (typeof fn !== "function") throw new TypeError(`Cannot locate a function: this is ${typeof fn}`);
        const located = await this.#ask("locate", fn) as LocatedFunction | null;
        if (located !== null) return located;
        throw new TypeError(`Cannot locate function "${fn.name}": it has no source, being native or bound`);
      },
    });
  }

  /** What is asked about; the kernel looks at it. */
  held(number: number): unknown {
    return this.#waiting.get(number)?.value;
  }

  /** The kernel answers. */
  answer(number: number, answer: unknown): void {
    this.#waiting.get(number)?.resolve(answer);
    this.#waiting.delete(number);
  }

  /** The kernel cannot answer. */
  fail(number: number, message: string): void {
    this.#waiting.get(number)?.reject(new Error(message));
    this.#waiting.delete(number);
  }

  /** The kernel has found a function; `scopes`, as V8 gives them, from the innermost to the outermost. */
  located(number: number, place: FunctionPlace, ...scopes: readonly { readonly object: object }[]): void {
    const captured = Object.assign({}, ...scopes.toReversed().map(({ object }) => object)) as Record<string, unknown>;
    this.answer(number, { ...place, captured });
  }

  #ask(asks: Question["asks"], value?: unknown): Promise<unknown> {
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { value, resolve, reject });
      this.#say({ kind: "notebook", number, asks });
    });
  }
}
