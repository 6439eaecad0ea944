import type { InferAsk } from "./infer_request.ts";

/** What is known of one model's requests. */
export interface Tally {
  /** How many were answered, and how long that took in all, in milliseconds. */
  good: number;
  goodMs: number;
  /** How many failed, and how long that took in all, in milliseconds. */
  bad: number;
  badMs: number;
  /** When the last was answered, in milliseconds since 1970; 0 for never. */
  lastMs: number;
}

const MOST_MODELS = 10_000; // names are the callers'; behind so many none is kept that was not known before

/** How often and how long models were asked over gRPC. */
export class Statistics {
  readonly #tallies = new Map<string, Tally>();

  /** Does what a request asks for, and counts how it ended. */
  async counted<Result>(
    { model, version }: Pick<InferAsk, "model" | "version">,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const tally = this.#tally(version === undefined ? model : `${model}:${version}`);
    const since = performance.now();
    try {
      const result = await act();
      tally.good += 1;
      tally.goodMs += performance.now() - since;
      tally.lastMs = Date.now();
      return result;
    } catch (error) {
      tally.bad += 1;
      tally.badMs += performance.now() - since;
      throw error;
    }
  }

  /** What was counted of a model, by its key. */
  of(key: string): Readonly<Tally> {
    return this.#tallies.get(key) ?? none();
  }

  #tally(key: string): Tally {
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = none();
    if (this.#tallies.size < MOST_MODELS) this.#tallies.set(key, tally);
    return tally;
  }
}

function none(): Tally {
  return { good: 0, goodMs: 0, bad: 0, badMs: 0, lastMs: 0 };
}
