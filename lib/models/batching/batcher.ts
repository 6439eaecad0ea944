import type { Clock } from "../../graph/clock.ts";

/**
 * How requests of one model that come at about the same time are joined. Which of them may be is the model's own rule, where its class
 * has one: `batchKey(request)`, of which only equal ones are joined, and `batchCost(request)`.
 */
export interface BatchingOptions {
  /** As many rows at most are joined, 1 or more; a request of more rows runs alone. */
  readonly maxRows: number;
  /** So long the first request of a batch waits for others, in milliseconds, 0 or more; 0: for those that are there already. */
  readonly maxDelayMs: number;
  /** As much at most a batch costs by `batchCost`; a request that costs more runs alone. Default: no limit. */
  readonly maxCost?: number;
}

/** What a batch is made of and what becomes of it. */
export interface BatchWork<Request, Answer> {
  /** How many rows a request has. */
  rows(request: Request): number;
  /** Requests of different keys cannot be joined at all; undefined: with none. */
  key(request: Request): string | undefined;
  /** A key of the model's own: only requests of one are joined. Default: all have one. */
  ownKey?(request: Request): string | number;
  /** What a request costs, 0 or more. Default: 0. */
  cost?(request: Request): number;
  /**
   * Answers requests together, or one alone, in their order.
   *
   * @param signal Aborts when nobody waits any more.
   * @throws {UnsplitError} If the answers cannot be told apart.
   */
  run(requests: readonly Request[], signal: AbortSignal): Promise<readonly Answer[]>;
  /** Told that the answers cannot be told apart, once; from then on every request runs alone. */
  unsplit?(error: UnsplitError): void;
}

/** What a model answered to several requests cannot be told apart. */
export class UnsplitError extends Error {
  /** The name of the class. */
  override readonly name = "UnsplitError";
}

/** One request, and whoever waits for its answer. */
class Member<Request, Answer> {
  hasLeft = false;
  /** Told when whoever waits leaves. */
  left: () => void = () => {};
  readonly request: Request;
  readonly rows: number;
  readonly cost: number;
  readonly #settle: PromiseWithResolvers<Answer>;
  readonly #signal: AbortSignal | undefined;
  readonly #leave = () => {
    this.hasLeft = true;
    this.#settle.reject(this.#signal!.reason);
    this.left();
  };

  constructor({ request, rows, cost }: { request: Request; rows: number; cost: number }, signal?: AbortSignal) {
    this.request = request;
    this.rows = rows;
    this.cost = cost;
    this.#settle = Promise.withResolvers();
    this.#signal = signal;
    signal?.addEventListener("abort", this.#leave, { once: true });
  }

  get answer(): Promise<Answer> {
    return this.#settle.promise;
  }

  resolve(answer: Answer): void {
    this.#signal?.removeEventListener("abort", this.#leave);
    this.#settle.resolve(answer);
  }

  reject(error: unknown): void {
    this.#signal?.removeEventListener("abort", this.#leave);
    this.#settle.reject(error);
  }
}

interface Open<Request, Answer> {
  members: Member<Request, Answer>[];
  rows: number;
  cost: number;
  cancel: () => void;
}

/**
 * Joins requests that come at about the same time into one run, and gives each its own answer.
 *
 * Rows are counted, not requests; requests keep their order. A batch that fails is run again request by request, so that a bad one fails
 * alone. Whoever leaves before the batch runs is taken out of it.
 */
export class Batcher<Request, Answer> {
  readonly #options: Required<BatchingOptions>;
  readonly #work: BatchWork<Request, Answer>;
  readonly #clock: Clock;
  readonly #open = new Map<string, Open<Request, Answer>>();
  #isOff = false;

  /**
   * Takes its limits, what it joins, and the time that it goes by.
   *
   * @throws {RangeError} If a limit is none.
   */
  constructor(options: BatchingOptions, work: BatchWork<Request, Answer>, clock: Clock) {
    this.#options = checked(options);
    this.#work = work;
    this.#clock = clock;
  }

  /**
   * Answers a request, with others where there are some. Rejects with the signal's reason when the caller leaves.
   *
   * @throws {RangeError} If its cost is no number of 0 or more.
   * @throws {TypeError} If its own key is neither text nor a number.
   */
  async ask(request: Request, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    const { maxRows, maxCost } = this.#options;
    const rows = this.#work.rows(request);
    const cost = this.#costOf(request);
    const key = this.#keyOf(request);
    const member = new Member<Request, Answer>({ request, rows, cost }, signal);
    const isAlone = this.#isOff || rows === 0 || rows >= maxRows || cost > maxCost;
    if (key !== undefined) this.#makeRoom(key, isAlone ? Infinity : rows, cost);
    if (isAlone || key === undefined) this.#run([member]);
    else this.#add(key, member);
    return await member.answer;
  }

  /** Runs what waits. */
  flush(): void {
    for (const key of [...this.#open.keys()]) this.#release(key);
  }

  #costOf(request: Request): number {
    const cost = this.#work.cost?.(request) ?? 0;
    if (typeof cost === "number" && cost >= 0) return cost;
    throw new RangeError(`Cannot batch a request: its cost is ${cost}, and numbers from 0 are taken`);
  }

  /** What the model can take together, and what it wants to. */
  #keyOf(request: Request): string | undefined {
    const key = this.#work.key(request);
    if (this.#work.ownKey === undefined || key === undefined) return key;
    const own = this.#work.ownKey(request);
    if (typeof own !== "string" && typeof own !== "number") {
      throw new TypeError(
        `Cannot batch a request: its key is ${own === null ? "null" : `a ${typeof own}`}, not text or a number`,
      );
    }
    return `${typeof own}:${own} ${key}`;
  }

  /** What waits goes before a request that does not fit behind it. */
  #makeRoom(key: string, rows: number, cost: number): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    const { maxRows, maxCost } = this.#options;
    if (open.rows + rows > maxRows || open.cost + cost > maxCost) this.#release(key);
  }

  #add(key: string, member: Member<Request, Answer>): void {
    const { maxRows, maxDelayMs } = this.#options;
    let open = this.#open.get(key);
    if (open === undefined) {
      open = { members: [], rows: 0, cost: 0, cancel: this.#clock.schedule(maxDelayMs, () => this.#release(key)) };
      this.#open.set(key, open);
    }
    open.members.push(member);
    open.rows += member.rows;
    open.cost += member.cost;
    member.left = () => this.#takeOut(key, member);
    if (open.rows >= maxRows) this.#release(key);
  }

  #takeOut(key: string, member: Member<Request, Answer>): void {
    const open = this.#open.get(key)!;
    open.members = open.members.filter((other) => other !== member);
    open.rows -= member.rows;
    open.cost -= member.cost;
    if (open.members.length > 0) return;
    open.cancel();
    this.#open.delete(key);
  }

  #release(key: string): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    open.cancel();
    this.#open.delete(key);
    this.#run(open.members);
  }

  async #run(members: readonly Member<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#work.run(members.map(({ request }) => request), signalOf(members));
      if (answers.length !== members.length) {
        throw new UnsplitError(`there are ${answers.length} answers for ${members.length} requests`);
      }
      members.forEach((member, index) => member.resolve(answers[index]!));
    } catch (error) {
      if (members.length === 1) return members[0]!.reject(error);
      if (error instanceof UnsplitError) this.#stopJoining(error);
      for (const member of members) if (!member.hasLeft) await this.#run([member]);
    }
  }

  #stopJoining(error: UnsplitError): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#work.unsplit?.(error);
  }
}

/** Aborts when the last of those who wait has left. */
function signalOf<Request, Answer>(members: readonly Member<Request, Answer>[]): AbortSignal {
  const abort = new AbortController();
  for (const member of members) {
    member.left = () => members.every(({ hasLeft }) => hasLeft) && abort.abort();
  }
  return abort.signal;
}

function checked({ maxRows, maxDelayMs, maxCost = Infinity }: BatchingOptions): Required<BatchingOptions> {
  if (!Number.isSafeInteger(maxRows) || maxRows < 1) {
    throw new RangeError(`Cannot batch: maxRows is ${maxRows}, and whole numbers from 1 are taken`);
  }
  for (const [name, value] of Object.entries({ maxDelayMs, maxCost })) {
    if (typeof value !== "number" || !(value >= 0)) {
      throw new RangeError(`Cannot batch: ${name} is ${value}, and numbers from 0 are taken`);
    }
  }
  return { maxRows, maxDelayMs, maxCost };
}
