import { laterOf } from "../graph/later.ts";
import type { ModelCounts } from "../graph/served_model.ts";
import type { Maybe } from "../graph/typing.ts";
import type { ModelAsk } from "./model_server.ts";

const COUNTED = ["", "infer", "predict", "explain", "infer_dict", "predict_dict"];
const ALL_TIMED = 64; // requests at the beginning
const ONE_IN = 16; // behind them; the clock costs as much as a small model does

/** How often something ended so, and how long the timed ones took. */
class Tally {
  count = 0;
  timed = 0;
  timedMs = 0;

  /** How long all took, taken that those that were not timed took as long as those that were. */
  get ms(): number {
    return this.timed === 0 ? 0 : this.timedMs / this.timed * this.count;
  }

  add(start: number): void {
    this.count += 1;
    if (start === NOT_TIMED) return;
    this.timed += 1;
    this.timedMs += performance.now() - start;
  }
}

const NOT_TIMED = -1;

/** Counts what a model was asked, and for how long it worked: the first requests are all timed, later ones now and then. */
export class AskedCounts implements ModelCounts {
  readonly #succeeded = new Tally();
  readonly #failed = new Tally();
  #asked = 0;
  lastTime: number | undefined;

  get succeeded(): number {
    return this.#succeeded.count;
  }

  get succeededMs(): number {
    return this.#succeeded.ms;
  }

  get failed(): number {
    return this.#failed.count;
  }

  get failedMs(): number {
    return this.#failed.ms;
  }

  /** Asks one question, and counts it when it is answered, if it is one for a prediction. */
  count({ operation, event }: ModelAsk, ask: () => Maybe<unknown>): Maybe<unknown> {
    if (event.method !== "POST" || !COUNTED.includes(operation)) return ask();
    const asked = this.#asked++;
    const start = asked < ALL_TIMED || asked % ONE_IN === 0 ? performance.now() : NOT_TIMED;
    let answer: Maybe<unknown>;
    try {
      answer = ask();
    } catch (error) {
      this.#end(this.#failed, start);
      throw error;
    }
    const later = laterOf(answer);
    if (later === undefined) {
      this.#end(this.#succeeded, start);
      return answer;
    }
    return later.then((value) => {
      this.#end(this.#succeeded, start);
      return value;
    }, (error) => {
      this.#end(this.#failed, start);
      throw error;
    });
  }

  #end(tally: Tally, start: number): void {
    tally.add(start);
    this.lastTime = Date.now();
  }
}
