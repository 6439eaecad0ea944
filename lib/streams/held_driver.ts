import type { Kept, StreamDriver } from "./driven_stream.ts";
import { isGone } from "./gone_error.ts";

/** The driver of a stream: another where the last one is gone. */
export class HeldDriver {
  readonly #reopen: (() => Promise<StreamDriver>) | undefined;
  readonly #onGone: (error: unknown) => Promise<unknown>;
  #driver: StreamDriver | undefined; // none while there is only one that is gone
  #opening: Promise<StreamDriver> | undefined;
  #leaving: Promise<unknown> | undefined;
  #isClosed = false;

  /** `onGone` lets go of what reads by a driver, before that ends. Without `reopen` there is never another. */
  constructor(
    driver: StreamDriver,
    reopen: (() => Promise<StreamDriver>) | undefined,
    onGone: (error: unknown) => Promise<unknown>,
  ) {
    this.#driver = driver;
    this.#reopen = reopen;
    this.#onGone = onGone;
  }

  /** The one that is open, as far as anybody knows. */
  get current(): StreamDriver | undefined {
    return this.#driver;
  }

  /** Does it by one that is open: where that turns out to be gone, once more by another. */
  async do<Result>(act: (driver: StreamDriver) => Promise<Result>): Promise<Result> {
    const driver = this.#driver ?? await this.open();
    try {
      return await act(driver);
    } catch (error) {
      if (isGone(error)) this.#leave(driver, error);
      if (this.#driver === driver || this.#isClosed) throw error;
      return await act(this.#driver ?? await this.open());
    }
  }

  /** What is looked at by one that is open: where that turns out to be gone, the next look is by another. */
  async *look(group: string): AsyncGenerator<Kept> {
    const driver = await this.open();
    try {
      yield* driver.look(group);
    } catch (error) {
      if (isGone(error)) this.#leave(driver, error);
      throw error;
    }
  }

  /** One that is open. */
  async open(): Promise<StreamDriver> {
    if (this.#driver !== undefined) return this.#driver;
    this.#opening ??= this.#openAnew().finally(() => this.#opening = undefined);
    return await this.#opening;
  }

  /** Opens none any more; gives the one that is left to end. */
  async close(): Promise<StreamDriver | undefined> {
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    await this.#leaving;
    return this.#driver;
  }

  async #openAnew(): Promise<StreamDriver> {
    await this.#leaving; // an emptied file cannot be opened while anybody has it open
    return this.#driver = await this.#reopen!();
  }

  #leave(driver: StreamDriver, error: unknown): void {
    if (this.#reopen === undefined || this.#driver !== driver) return;
    this.#driver = undefined;
    this.#leaving = this.#onGone(error).then(() => driver.end()).catch(() => {}); // what it kept is out of reach anyway
  }
}
