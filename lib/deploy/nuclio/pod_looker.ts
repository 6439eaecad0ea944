import type { DashboardClient } from "./dashboard_client.ts";
import type { NuclioFunction } from "./nuclio_function.ts";
import type { PodLookUp, PodTrouble } from "./nuclio_options.ts";

const LOOK_UP_MS = 2_000;
const LONGEST_MS = 5 * LOOK_UP_MS;
const FAILURES = 3; // a cluster that cannot be asked so often is asked no more

/** Who looks, and who is told. */
export interface LookWish {
  readonly lookUp?: PodLookUp | undefined;
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The pods of what ran before: how they are says nothing of what is to run. */
  readonly before?: readonly string[];
  /** Told what keeps the pods from being ready, whenever that is another. */
  readonly onTrouble?: ((trouble: PodTrouble) => void) | undefined;
}

/** Has somebody look at a function's pods now and then; that nobody can is no trouble of the function. */
export class PodLooker implements AsyncDisposable {
  readonly #client: DashboardClient;
  readonly #name: string;
  readonly #wish: LookWish;
  readonly #ending = new AbortController();
  #namespace: string | undefined;
  #lookedMs = -Infinity;
  #looking: Promise<void> | undefined;
  #failures = 0;
  #found: PodTrouble | undefined;
  #told = "";

  constructor(client: DashboardClient, name: string, wish: LookWish) {
    this.#client = client;
    this.#name = name;
    this.#wish = wish;
    this.#namespace = wish.namespace;
  }

  /** Looks no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#looking;
  }

  /** What was seen last. Looking again goes on behind: a cluster that does not answer holds up nobody. */
  look(read?: NuclioFunction): PodTrouble | undefined {
    this.#namespace ??= read?.metadata.namespace;
    if (this.#looking === undefined && performance.now() - this.#lookedMs >= LOOK_UP_MS) this.#begin();
    return this.#found;
  }

  /** What is to be seen now. */
  async lookNow(): Promise<PodTrouble | undefined> {
    await this.#looking;
    this.#begin();
    await this.#looking;
    return this.#found;
  }

  #begin(): void {
    if (this.#wish.lookUp === undefined || this.#failures >= FAILURES) return;
    this.#looking = this.#seen().then((found) => {
      this.#found = found;
      this.#failures = 0;
      const said = JSON.stringify([found?.reason, found?.ready]);
      if (found !== undefined && said !== this.#told) this.#wish.onTrouble?.(found);
      this.#told = said;
    }, () => {
      this.#found = undefined;
      this.#failures += 1;
    }).finally(() => {
      this.#lookedMs = performance.now();
      this.#looking = undefined;
    });
  }

  async #seen(): Promise<PodTrouble | undefined> {
    const { lookUp, signal, before = [] } = this.#wish;
    const until = AbortSignal.any([
      this.#ending.signal,
      AbortSignal.timeout(LONGEST_MS),
      ...signal === undefined ? [] : [signal],
    ]);
    const names = await this.#client.replicas(this.#name, until).catch(() => []);
    return await lookUp!({
      namespace: this.#namespace,
      labels: { "nuclio.io/function-name": this.#name },
      names: names.filter((name) => !before.includes(name)),
      signal: until,
    });
  }
}
