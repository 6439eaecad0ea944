/** `deno task soak:streams [RECORDS] [BROKER…]`: at least once, at length; by itself 100,000 numbers at each of four. */

import { LINES, proveLine, SEED } from "./line_cases.ts";

const [records = "100000", ...names] = Deno.args;
const unknown = names.filter((name) => !Object.hasOwn(LINES, name));
if (!/^[1-9]\d*$/.test(records) || unknown.length > 0) {
  console.error(`Say how many numbers, then where: ${Object.keys(LINES).join(", ")}`);
  Deno.exit(2);
}
for (const name of names.length === 0 ? Object.keys(LINES) : names) {
  console.log(`${name}: LEVADA_SEED=${SEED}`);
  const figures = await proveLine(name, { records: Number(records), seed: SEED, kills: 16, outages: 4 });
  console.log(`${name}: ${JSON.stringify(figures)}`);
}
