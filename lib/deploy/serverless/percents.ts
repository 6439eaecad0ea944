/** Shares of a weighted router, by the keys of its routes. */
export type Shares = Readonly<Record<string, number>>;

const WHOLE = 100;

/**
 * Whole numbers that are 100 together, in the proportions of the shares, by the same keys: what rounding takes goes where most was lost.
 * All are 0 where the shares are nothing together.
 */
export function percents(shares: Shares): Shares {
  const keys = Object.keys(shares);
  const sum = keys.reduce((all, key) => all + shares[key]!, 0);
  if (!(sum > 0)) return Object.fromEntries(keys.map((key) => [key, 0]));
  const exact = keys.map((key) => shares[key]! / sum * WHOLE);
  const whole = exact.map(Math.floor);
  const left = WHOLE - whole.reduce((all, share) => all + share, 0);
  const most = exact.map((share, index) => [share - whole[index]!, index] as const).sort(([one], [other]) =>
    other - one
  );
  for (const [, index] of most.slice(0, left)) whole[index]! += 1;
  return Object.fromEntries(keys.map((key, index) => [key, whole[index]!]));
}

/** Whether these are other proportions than the shares' own. */
export function isRounded(shares: Shares): boolean {
  const sum = Object.values(shares).reduce((all, share) => all + share, 0);
  return Object.entries(percents(shares)).some(([key, percent]) =>
    Math.abs(shares[key]! / sum * WHOLE - percent) > 1e-9
  );
}
