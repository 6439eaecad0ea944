import type { DeadLetter } from "./dead_letter.ts";
import type { ChosenLetter } from "./letter_choice.ts";
import { CURE, whyNotAgain } from "./send_again.ts";

const TOLD = 3;

/** Letters of many that stay, since they cannot be sent again as they are: the others are sent. */
export class LeftLetters {
  readonly #reasons: string[] = [];

  /** How many there are. */
  get count(): number {
    return this.#reasons.length;
  }

  /** Why they stay, and what can be done. */
  get told(): string {
    const more = this.count > TOLD ? `; and ${this.count - TOLD} more` : "";
    return `${this.count} cannot be sent as they are, and stay: ${
      this.#reasons.slice(0, TOLD).join("; ")
    }${more}. ${CURE}`;
  }

  /** One more stays. */
  add({ id }: DeadLetter, why: string): void {
    this.#reasons.push(`letter ${id}: ${why}`);
  }

  /** The letters that can be sent, as far as can be told of them. */
  async *skip<Body>(
    chosen: AsyncIterable<ChosenLetter<Body>> | Iterable<ChosenLetter<Body>>,
  ): AsyncGenerator<ChosenLetter<Body>> {
    for await (const one of chosen) {
      const why = whyNotAgain(one);
      if (why === undefined) yield one;
      else this.#reasons.push(why);
    }
  }
}
