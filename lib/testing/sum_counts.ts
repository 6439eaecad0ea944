/** How often things happened, by step and name. */
export type StepCounts = Record<string, Record<string, number>>;

/** Adds counts up. */
export function sumCounts(all: readonly StepCounts[]): StepCounts {
  const sum: StepCounts = {};
  for (const [step, counts] of all.flatMap((one) => Object.entries(one))) {
    const ofStep = sum[step] ??= {};
    for (const [what, count] of Object.entries(counts)) ofStep[what] = (ofStep[what] ?? 0) + count;
  }
  return sum;
}
