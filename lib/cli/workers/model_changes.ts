import { keyParts, type ModelState } from "../../graph/served_model.ts";
import type { WorkerProcess } from "./worker_process.ts";
import type { ChangedModel, ChangeFailure, WorkerWord } from "./worker_words.ts";

/** What is needed of a worker. */
export type ChangingWorker = Pick<WorkerProcess, "name" | "isListening" | "tell"> & { readonly end: Promise<unknown> };

type Act = "load" | "unload";
type Changed = Extract<WorkerWord, { kind: "changed" }>;

/** What a worker asked for. */
interface Wish {
  readonly word: Extract<WorkerWord, { kind: "changeAll" }>;
  readonly from: ChangingWorker;
}

/** What the workers are doing. */
interface Change {
  readonly model: string;
  readonly act: Act;
  readonly missing: Set<ChangingWorker>;
  readonly told: Map<ChangingWorker, Changed>;
  readonly done: () => void;
}

/** Has all workers load a model, or take it away, when one of them is asked to: one change of a name after another. */
export class ModelChanges {
  readonly #workers: () => Iterable<ChangingWorker>;
  /** The keys of the models that were taken away: a worker that comes later begins without them. */
  readonly #away = new Set<string>();
  /** What those took away at once that do not listen yet. */
  readonly #begun = new WeakMap<ChangingWorker, readonly string[]>();
  /** What is to be done, by the name of a model; the first has begun. */
  readonly #wishes = new Map<string, Wish[]>();
  readonly #open = new Map<number, Change>();
  #asks = 0;

  /** `workers` gives those that listen. */
  constructor(workers: () => Iterable<ChangingWorker>) {
    this.#workers = workers;
  }

  /** A worker begins: it is to have nothing of what is away when its first request comes. */
  begin(worker: ChangingWorker): void {
    this.#begun.set(worker, [...this.#away]);
    for (const model of this.#away) worker.tell({ kind: "change", ask: 0, model, act: "unload" });
  }

  /** A worker said something. */
  onWord(word: WorkerWord, from: ChangingWorker): void {
    if (word.kind === "changeAll") this.#take({ word, from });
    else if (word.kind === "giveUp") this.#giveUp(word.ask, from);
    else if (word.kind === "changed") this.#settle(word.ask, from, word);
    else if (word.kind === "listening") this.#welcome(from);
  }

  #take(wish: Wish): void {
    const { name } = keyParts(wish.word.model);
    const wishes = this.#wishes.get(name);
    if (wishes !== undefined) return void wishes.push(wish);
    this.#wishes.set(name, [wish]);
    void this.#work(name, this.#wishes.get(name)!);
  }

  async #work(name: string, wishes: Wish[]): Promise<void> {
    for (let wish = wishes[0]; wish !== undefined; wish = wishes[0]) {
      if (wish.from.isListening) await this.#fulfil(wish);
      wishes.shift();
    }
    this.#wishes.delete(name);
  }

  #giveUp(ask: number, from: ChangingWorker): void {
    let hasBegun = true;
    for (const wishes of this.#wishes.values()) {
      const at = wishes.findIndex((wish) => wish.from === from && wish.word.ask === ask);
      if (at < 1) continue;
      wishes.splice(at, 1);
      hasBegun = false;
    }
    from.tell({ kind: "givenUp", ask, hasBegun });
  }

  async #fulfil({ word: { ask, model, act }, from }: Wish): Promise<void> {
    const { told, lost } = await this.#change(model, act);
    await Promise.all(lost.map((key) => this.#change(key, "unload")));
    const failure = failureOf(told, { act, lost });
    from.tell({ kind: "allChanged", ask, ...(failure === undefined ? {} : { failure }) });
  }

  /** `lost` has the keys that nobody is to have, since not all could load them. */
  async #change(model: string, act: Act): Promise<{ told: Change["told"]; lost: string[] }> {
    const ask = ++this.#asks;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const change: Change = { model, act, missing: new Set(), told: new Map(), done };
    this.#open.set(ask, change);
    for (const worker of this.#workers()) this.#tell(ask, change, worker);
    if (change.missing.size === 0) done();
    await promise;
    this.#open.delete(ask); // from here to the end nothing is waited for: a worker that comes finds what is true
    const lost = this.#keep(change);
    return { told: change.told, lost };
  }

  /** Keeps what is away by what the workers told. Gives the keys that a load leaves away: who has one, as one that came meanwhile, has to lose it. */
  #keep({ model, act, told }: Change): string[] {
    const models = [...told.values()].flatMap(({ models }) => models);
    for (const [key, each] of Map.groupBy(models, ({ key }) => key)) {
      if (act === "unload") {
        if (each.some(({ after }) => after === "unloaded")) this.#away.add(key);
      } else if (each.some(({ before }) => isLoaded(before)) || each.every(({ after }) => isLoaded(after))) {
        this.#away.delete(key);
      } else if (each.some(({ after }) => isLoaded(after))) this.#away.add(key);
    }
    return act === "unload" ? [] : [...this.#away].filter((key) => covers(model, key));
  }

  #tell(ask: number, change: Change, worker: ChangingWorker): void {
    change.missing.add(worker);
    worker.tell({ kind: "change", ask, model: change.model, act: change.act });
    worker.end.then(() => this.#settle(ask, worker)); // who is gone has no models
  }

  #settle(ask: number, worker: ChangingWorker, changed?: Changed): void {
    const change = this.#open.get(ask);
    if (change?.missing.delete(worker) !== true) return;
    if (changed !== undefined) change.told.set(worker, changed);
    if (change.missing.size === 0) change.done();
  }

  #welcome(worker: ChangingWorker): void {
    const begun = this.#begun.get(worker) ?? [];
    const joined = [...this.#open].filter(([, { act, model }]) =>
      act === "unload" || begun.some((key) => covers(model, key))
    );
    const isOpen = (key: string) => [...this.#open.values()].some(({ model }) => covers(model, key));
    for (const key of new Set([...this.#away, ...begun])) {
      if (isOpen(key) || this.#away.has(key) === begun.includes(key)) continue; // it has what is being loaded
      worker.tell({ kind: "change", ask: 0, model: key, act: this.#away.has(key) ? "unload" : "load" });
    }
    for (const [ask, change] of joined) this.#tell(ask, change, worker);
  }
}

/** Whether a model, by its name or key, is the one of a key. */
function covers(model: string, key: string): boolean {
  return model === key || model === keyParts(key).name;
}

/** Whether there is a model that answers, or will when what runs it is there again. */
function isLoaded(state: ChangedModel["after"]): boolean {
  return (["ready", "restarting"] satisfies ModelState[] as ModelState[]).includes(state);
}

/** Why it failed, and what the workers have now where only some failed. */
function failureOf(
  told: Change["told"],
  { act, lost }: { act: Act; lost: readonly string[] },
): ChangeFailure | undefined {
  const failed = [...told].filter(([, { failure }]) => failure !== undefined);
  const failure = failed[0]?.[1].failure;
  if (failure === undefined || act === "unload" || failed.length === told.size) return failure;
  const where = `worker ${failed.map(([{ name }]) => name).join(", ")}`;
  const now = lost.length > 0
    ? `unloaded in all workers: ${lost.join(", ")}`
    : "what was loaded there is kept; the other workers have loaded it anew";
  return { ...failure, message: `${failure.message} (${where}; ${now})` };
}
