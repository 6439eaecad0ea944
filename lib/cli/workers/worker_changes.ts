import { describeThrown, StatusError } from "../../errors.ts";
import { keyParts, type ServedModel } from "../../graph/served_model.ts";
import { changeHere, type Changing, type ModelChange, modelsOf } from "../../serve/own/change_models.ts";
import type { ChangeFailure, ParentWord, WorkerWord } from "./worker_words.ts";

/** What a worker has all others do too. */
interface Wish {
  readonly done: PromiseWithResolvers<void>;
  readonly hasBegun: PromiseWithResolvers<boolean>;
}

/** Loads models of a worker and takes them away, as it is told, and has the others do so. */
export class WorkerChanges {
  readonly #tell: (word: WorkerWord) => void;
  readonly #wishes = new Map<number, Wish>();
  /** What is done last, by the name of a model. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #server = Promise.withResolvers<{ models(): readonly ServedModel[] }>();
  #asks = 0;
  #isClosed = false;

  /** `tell` tells something to the process that started this one. */
  constructor(tell: (word: WorkerWord) => void) {
    this.#tell = tell;
  }

  /** Says whose models they are; what was told before is done then. */
  serve(server: { models(): readonly ServedModel[] }): void {
    this.#server.resolve(server);
  }

  /** Has all workers, this one among them, load a model, or take it away. */
  changeEverywhere(model: string, act: ModelChange): Changing {
    const ask = ++this.#asks;
    const wish: Wish = { done: Promise.withResolvers(), hasBegun: Promise.withResolvers() };
    this.#wishes.set(ask, wish);
    if (this.#isClosed) this.close();
    else this.#tell({ kind: "changeAll", ask, model, act });
    return {
      done: wish.done.promise,
      giveUp: () => {
        if (this.#wishes.has(ask)) this.#tell({ kind: "giveUp", ask });
        return wish.hasBegun.promise;
      },
    };
  }

  /** The process that started this one said something. */
  onWord(word: ParentWord): void {
    if (word.kind === "change") {
      const { name } = keyParts(word.model);
      this.#last.set(name, (this.#last.get(name) ?? Promise.resolve()).then(() => this.#change(word)));
    } else if (word.kind === "givenUp") {
      this.#wishes.get(word.ask)?.hasBegun.resolve(word.hasBegun);
      if (!word.hasBegun) this.#settle(word.ask, { status: 504, message: "Nobody waited for it" });
    } else if (word.kind === "allChanged") this.#settle(word.ask, word.failure);
  }

  /** The process that started this one is gone: nothing is done by the others any more. */
  close(): void {
    this.#isClosed = true;
    for (const ask of this.#wishes.keys()) this.#settle(ask, { status: 503, message: "The workers end" });
  }

  #settle(ask: number, failure: ChangeFailure | undefined): void {
    const wish = this.#wishes.get(ask);
    this.#wishes.delete(ask);
    wish?.hasBegun.resolve(true);
    if (failure === undefined) wish?.done.resolve();
    else wish?.done.reject(new StatusError(failure.status, failure.message));
  }

  async #change({ ask, model, act }: Extract<ParentWord, { kind: "change" }>): Promise<void> {
    const server = await this.#server.promise;
    const states = () => server.models().map(({ key, state }) => ({ key, state }));
    const before = states();
    const failure = await changeHere(server, model, act).then(() => undefined, failureOf);
    const now = new Map(states().map(({ key, state }) => [key, state]));
    const meant = failure?.status === 404 ? [] : modelsOf(server, model).map(({ key }) => key);
    const models = before.filter(({ key }) => meant.includes(key))
      .map(({ key, state }) => ({ key, before: state, after: now.get(key) ?? state }));
    this.#tell({ kind: "changed", ask, models, ...(failure === undefined ? {} : { failure }) });
  }
}

function failureOf(error: unknown): ChangeFailure {
  return { status: error instanceof StatusError ? error.status : 500, message: describeThrown(error).message };
}
