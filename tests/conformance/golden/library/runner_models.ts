/** What the cases of the model runner run: classes that a worker can import as well. */

import { field, number } from "./python.ts";

/** `n` plus `inc`. */
export class Inc {
  static readonly module = import.meta.url;
  readonly #inc: number;

  constructor({ inc = 1 }: { inc?: number }) {
    this.#inc = inc;
  }

  do(body: Record<string, unknown>): Record<string, unknown> {
    return { ...body, n: number(field(body, "n")) + this.#inc };
  }
}

/** Fails. */
export class Boom {
  static readonly module = import.meta.url;

  do(): never {
    throw new Error("model boom");
  }
}

/** A class that cannot be asked: in MLRun a model without `predict`. */
export class NoPred {
  static readonly module = import.meta.url;
}

/** Selects the models that the body names; all where it names none. */
export function sel({ models }: { models?: readonly string[] }): readonly string[] | undefined {
  return models;
}
