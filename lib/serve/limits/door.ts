import { StatusError } from "../../errors.ts";
import type { ReplyStream } from "../../flow/reply_stream.ts";
import { SYSTEM_CLOCK } from "../../flow/system_clock.ts";
import type { Clock } from "../../graph/clock.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { Caller } from "../port/caller.ts";
import { Admission, full, type Lane } from "./admission.ts";
import { Intake, type TakenBody } from "./intake.ts";
import { Outflow } from "./outflow.ts";
import { ModelLanes } from "./model_lanes.ts";
import type { AllLimits } from "./server_limits.ts";

interface DoorOptions {
  readonly clock?: Clock;
  readonly models?: () => readonly ServedModel[];
}

/** Keeps the limits of a server: what is too long, too large, too late or too much is refused here. */
export class Door {
  readonly #limits: AllLimits;
  readonly #admission: Admission;
  readonly #intake: Intake;
  /** Where large and streamed replies leave. */
  readonly outflow: Outflow;
  readonly #clock: Clock;
  readonly #lanes: ModelLanes;

  /** `models` are those that the flow serves; default: none, so that each has the room of the name that the path says. */
  constructor(limits: AllLimits, { clock = SYSTEM_CLOCK, models = () => [] }: DoorOptions = {}) {
    this.#limits = limits;
    this.#lanes = new ModelLanes(models);
    this.#clock = clock;
    this.#admission = new Admission(limits, clock);
    this.#intake = new Intake(limits, clock);
    this.outflow = new Outflow(limits, clock);
  }

  /** How many requests wait for their turn. */
  get waiting(): number {
    return this.#admission.waiting;
  }

  /**
   * Refuses what needs no reading to be refused.
   *
   * @throws {StatusError} 414.
   */
  screen({ url }: Pick<Request, "url">): void {
    const { urlLimitCharacters } = this.#limits;
    if (url.length > urlLimitCharacters) {
      throw new StatusError(414, `Cannot read a URL of ${url.length} characters: ${urlLimitCharacters} are allowed`);
    }
  }

  /**
   * One request for the graph; to be closed. `path` is the event's.
   *
   * @throws {StatusError} 414, or 503 where it would be refused later: its body need not be read then.
   */
  visit(request: Pick<Request, "url">, path: string): Visit {
    this.screen(request);
    const lane = this.#admission.lane(this.#lanes.ofPath(path));
    if (this.#admission.isFull(lane)) throw full(lane);
    return new Visit(lane, { admission: this.#admission, body: this.#intake.open() });
  }

  /** Has a request whose path names no model go on as one for the model that its body names; undefined where it need not wait. */
  readModel(
    visit: Visit,
    { body, caller }: { body: unknown; caller: Caller },
  ): Promise<void> | undefined {
    return visit.moveTo(this.#admission.lane(this.#lanes.ofBody(body)), caller);
  }

  /** A body that comes without a visit, or before it, of at most so many bytes; to be closed. Default: as many as the limits allow. */
  body(limitBytes?: number): TakenBody {
    return this.#intake.open(limitBytes);
  }

  /**
   * Waits for work that the graph does not do, but not for longer than a request may take, nor for a caller who has left. Work that fails
   * since nobody waits for it fails unheard.
   *
   * @param what What is waited for: `loading model "iris"`.
   * @param howFar Tells how far it is when nobody waits any more.
   * @throws {StatusError} 504, 499.
   */
  inTime<Value>(
    work: Promise<Value>,
    { signal, what, howFar }: { signal: AbortSignal; what: string; howFar: () => Promise<string> },
  ): Promise<Value> {
    const { requestTimeoutMs } = this.#limits;
    return new Promise<Value>((resolve, reject) => {
      let isGivenUp = false;
      const giveUp = async (status: number, why: string) => {
        isGivenUp = true;
        forget();
        reject(new StatusError(status, `${why}; ${await howFar()}`));
      };
      const left = () => void giveUp(499, `The caller left before ${what} was done`);
      const late = () => void giveUp(504, `Cannot wait longer for ${what}: ${requestTimeoutMs} ms are over`);
      const cancel = this.#clock.schedule(requestTimeoutMs, late);
      const forget = () => {
        cancel();
        signal.removeEventListener("abort", left);
      };
      signal.addEventListener("abort", left);
      if (signal.aborted) left();
      work.then(resolve, (error) => isGivenUp || reject(error)).finally(forget);
    });
  }

  /** Refuses everybody who waits, or whose body has not come. */
  close(reason: unknown): void {
    this.#intake.close(reason);
    this.#admission.close(reason);
  }
}

/** A request that takes room in a server. */
export class Visit {
  /** Its body. */
  readonly body: TakenBody;
  readonly #admission: Admission;
  #lane: Lane;
  #isIn = false;
  #isLent = false;

  constructor(lane: Lane, { admission, body }: { admission: Admission; body: TakenBody }) {
    this.body = body;
    this.#lane = lane;
    this.#admission = admission;
  }

  /** Goes on to the graph; undefined where it need not wait for that. */
  enter(caller: Caller): Promise<void> | undefined {
    this.#isIn = this.#admission.tryEnter(this.#lane);
    return this.#isIn ? undefined : this.#wait(caller);
  }

  /** Leaves its room for another's; undefined where it need not wait for that. */
  moveTo(lane: Lane, caller: Caller): Promise<void> | undefined {
    if (lane === this.#lane) return undefined;
    if (this.#isIn) this.#admission.leave(this.#lane);
    this.#isIn = false;
    this.#lane = lane;
    return this.enter(caller);
  }

  /** Keeps the room as long as the graph works on an event, or a stream's chunks: not for a reader who does not read what there is. */
  lend(work: Pick<ReplyStream, "whenEnded">): void {
    this.#isLent = true;
    work.whenEnded(() => this.#leave());
  }

  /** Whether it keeps room that another waits for. */
  get isInTheWay(): boolean {
    return this.#isIn && this.#admission.wants(this.#lane);
  }

  /** Gives the room back, but where the reply goes on. */
  close(): void {
    if (!this.#isLent) this.#leave();
  }

  async #wait({ signal }: Caller): Promise<void> {
    await this.#admission.enter(this.#lane, signal);
    this.#isIn = true;
  }

  #leave(): void {
    this.body.close();
    if (this.#isIn) this.#admission.leave(this.#lane);
    this.#isIn = false;
  }
}
