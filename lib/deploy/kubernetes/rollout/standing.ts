/** Since when something is told without a break: what may pass is believed once it has stood for a while. */
export class Standing {
  readonly #since = new Map<string, number>();
  readonly #now: () => number;

  /** By a clock of milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Is told whether it is so, each time when somebody has looked. */
  told(what: string, isSo: boolean): void {
    if (!isSo) this.#since.delete(what);
    else if (!this.#since.has(what)) this.#since.set(what, this.#now());
  }

  /** For how many milliseconds it is so; 0 where it is not. */
  ms(what: string): number {
    const since = this.#since.get(what);
    return since === undefined ? 0 : this.#now() - since;
  }
}
