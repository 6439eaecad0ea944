/** Questions that cells ask people, and the answers. */

import type { Message } from "../message/message.ts";
import type { Request } from "./request.ts";
import type { Speaker } from "./speaker.ts";

interface Waiting {
  readonly request: Request;
  readonly answer: (text: string | undefined) => void;
}

/** The questions that wait for an answer. */
export class Questions {
  readonly #speaker: Speaker;
  #waiting: Waiting[] = [];

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** Asks the one who sent a cell; undefined when the question was cancelled. */
  async ask(request: Request, prompt: string, password: boolean): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#waiting.push({ request, answer: resolve });
    await this.#speaker.ask(request, { prompt, password });
    return await promise;
  }

  /** Takes an `input_reply`: it answers the oldest question to that frontend; an answer to no question is dropped. */
  answer({ header, identities, content }: Message): void {
    if (header.msg_type !== "input_reply" || typeof content.value !== "string") return;
    const index = this.#waiting.findIndex(({ request }) => isSame(request.message.identities, identities));
    const [asked] = index < 0 ? [] : this.#waiting.splice(index, 1);
    asked?.answer(content.value);
  }

  /** Nobody will answer: the cells are interrupted, or have ended. */
  cancel(): void {
    for (const { answer } of this.#waiting.splice(0)) answer(undefined);
  }
}

function isSame(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((part, index) => part.toHex() === other[index]!.toHex());
}
