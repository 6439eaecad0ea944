import type { FlowEvent, Track } from "../graph/event.ts";
import { Chosen, type Reaction, Streamed } from "../graph/operator.ts";
import { copyData } from "./copy.ts";

/** One run of a step on an event of its own, so that a run that is given up changes nothing any more. */
export class Attempt implements Track {
  /** What the step works on. */
  readonly event: FlowEvent;
  readonly #original: FlowEvent;
  #abort: AbortController | undefined;

  /** `isCopied` where the body has to stay as it is for another run. */
  constructor(original: FlowEvent, { isCopied }: { isCopied: boolean }) {
    this.#original = original;
    this.event = original.with(isCopied ? copyData(original.body) : original.body);
    this.event.track = this;
  }

  /** Aborts when the run is given up, and when the caller leaves. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    const outer = this.#original.track?.signal;
    return outer === undefined ? this.#abort.signal : AbortSignal.any([outer, this.#abort.signal]);
  }

  /** The run is given up. */
  abort(reason: unknown): void {
    this.#abort?.abort(reason);
  }

  /** What the step answered, as an answer for the original event. */
  take(reaction: Reaction): Reaction {
    const original = this.#original;
    if (reaction === this.event) {
      original.adopt(this.event);
      return original;
    }
    if (reaction instanceof Chosen && reaction.event === this.event) {
      original.adopt(this.event);
      return new Chosen(original, reaction.outlets);
    }
    return reaction instanceof Streamed ? new Streamed(original, reaction.chunks) : reaction;
  }
}
