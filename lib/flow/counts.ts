/** How often things happened, by step and name: `late`, `dropped`, `failed`. */
export class Counts {
  readonly #counts = new Map<string, Map<string, number>>();

  /** Counts something that happened in a step. */
  add(step: string, name: string, by = 1): void {
    let ofStep = this.#counts.get(step);
    if (ofStep === undefined) this.#counts.set(step, ofStep = new Map());
    ofStep.set(name, (ofStep.get(name) ?? 0) + by);
  }

  /** The counts so far, by step, then by name. */
  toObject(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([step, counts]) => [step, Object.fromEntries(counts)]));
  }
}
