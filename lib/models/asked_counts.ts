import { laterOf } from "../graph/later.ts";
import type { ModelCounts } from "../graph/served_model.ts";
import type { Maybe } from "../graph/typing.ts";
import type { ModelAsk } from "./model_server.ts";

const COUNTED = ["", "infer", "predict", "explain", "infer_dict", "predict_dict"];

/** Counts what a model was asked, and for how long it worked. */
export class AskedCounts implements ModelCounts {
  succeeded = 0;
  succeededMs = 0;
  failed = 0;
  failedMs = 0;
  lastTime: number | undefined;

  /** Asks one question, and counts it when it is answered, if it is one for a prediction. */
  count({ operation, event }: ModelAsk, ask: () => Maybe<unknown>): Maybe<unknown> {
    if (event.method !== "POST" || !COUNTED.includes(operation)) return ask();
    const start = performance.now();
    let answer: Maybe<unknown>;
    try {
      answer = ask();
    } catch (error) {
      this.#fail(start);
      throw error;
    }
    const later = laterOf(answer);
    if (later === undefined) {
      this.#succeed(start);
      return answer;
    }
    return later.then((value) => {
      this.#succeed(start);
      return value;
    }, (error) => {
      this.#fail(start);
      throw error;
    });
  }

  #succeed(start: number): void {
    const now = performance.now();
    this.succeeded += 1;
    this.succeededMs += now - start;
    this.lastTime = performance.timeOrigin + now;
  }

  #fail(start: number): void {
    const now = performance.now();
    this.failed += 1;
    this.failedMs += now - start;
    this.lastTime = performance.timeOrigin + now;
  }
}
