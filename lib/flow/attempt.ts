import type { FlowEvent, Track } from "../graph/event.ts";
import { Chosen, type Reaction, Streamed } from "../graph/operator.ts";
import { copyData } from "./copy.ts";
import type { Cut } from "./cut.ts";

/** One run of a step on an event of its own, so that a run that is given up changes nothing any more. */
export class Attempt implements Track {
  /** What the step works on. */
  readonly event: FlowEvent;
  readonly #original: FlowEvent;
  readonly #cut: Cut;

  /** `isCopied` where the body has to stay as it is for another run. */
  constructor(original: FlowEvent, { cut, isCopied }: { cut: Cut; isCopied: boolean }) {
    this.#original = original;
    this.#cut = cut;
    this.event = original.with(isCopied ? copyData(original.body) : original.body);
    this.event.track = this;
  }

  /** Aborts when the run is given up, and when the caller leaves. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** What the step answered, as an answer for the original event. */
  take(reaction: Reaction): Reaction {
    const original = this.#original;
    if (this.#cut.isOver) return reaction; // too late
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
