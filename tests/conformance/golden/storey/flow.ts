/** How a case writes a flow of storey: `["Map", {…}]` is a step, a list of such a side branch, `recovery` in its arguments a recovery step. */

import { isRecord } from "../special.ts";

/** One step of storey. */
export interface StoreyStep {
  /** Unique in the flow: the class, numbered from the second of its kind. */
  readonly name: string;
  readonly className: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Where its failures go; the first that takes an error gets it. */
  readonly recoveries: readonly Recovery[];
}

/** Where failures go. */
export interface Recovery {
  /** The class of error that it takes; undefined for all. */
  readonly error: string | undefined;
  readonly step: StoreyStep;
}

/** A step, or a side branch of what stands before it. */
export type StoreyItem = StoreyStep | readonly StoreyItem[];

/** Reads a flow. */
export function readFlow(flow: readonly unknown[]): readonly StoreyItem[] {
  return new Reader().items(flow);
}

/** Every step of a flow, recovery steps included, in the order in which they are written. */
export function stepsOf(items: readonly StoreyItem[]): StoreyStep[] {
  return items.flatMap((item) =>
    isBranch(item) ? stepsOf(item) : [item, ...item.recoveries.flatMap(({ step }) => stepsOf([step]))]
  );
}

/** Tells a side branch from a step. */
export function isBranch(item: StoreyItem): item is readonly StoreyItem[] {
  return Array.isArray(item);
}

class Reader {
  readonly #used = new Map<string, number>();

  items(flow: readonly unknown[]): StoreyItem[] {
    return flow.map((item) => {
      if (!Array.isArray(item)) throw new TypeError(`Cannot read ${JSON.stringify(item)} as a step of a flow`);
      return typeof item[0] === "string" ? this.#step(item) : this.items(item);
    });
  }

  #step([className, given]: readonly unknown[]): StoreyStep {
    const { recovery, ...args } = isRecord(given) ? given : {};
    const name = this.#nameOf(String(className));
    return { name, className: String(className), args, recoveries: this.#recoveries(recovery) };
  }

  #recoveries(given: unknown): Recovery[] {
    if (Array.isArray(given)) return [{ error: undefined, step: this.#step(given) }];
    return Object.entries(isRecord(given) ? given : {}).map(([error, step]) => ({
      error,
      step: this.#step(step as unknown[]),
    }));
  }

  #nameOf(className: string): string {
    const count = (this.#used.get(className) ?? 0) + 1;
    this.#used.set(className, count);
    return count === 1 ? className : `${className} ${count}`;
  }
}
