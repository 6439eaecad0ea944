/** `deno task conformance [SUITE…]`: runs the suites whose witnesses are other people's programs and recorded answers. */

import { lackOfCluster } from "../support/cluster/cluster.ts";
import { timesOf } from "./budgets.ts";

/** What a suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files that hold no case. */
  readonly unreadable?: number;
  /** Why nothing of it could be run here: then that nothing passed is no failure. */
  readonly skippedFor?: string;
}

const SUITES = [
  "golden",
  "notebooks",
  "bundles",
  "streams",
  "stores",
  "oip",
  "events",
  "grpc",
  "telemetry",
  "zmtp",
  "jupyter",
  "onnx",
  "openapi",
  "image",
  "cluster",
] as const;

const asked = Deno.args.filter((argument) => !argument.startsWith("--"));
const unknown = asked.filter((name) => !(SUITES as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`Cannot run suite ${unknown.join(", ")}: there are ${SUITES.join(", ")}`);
  Deno.exit(2);
}

const suites = asked.length === 0 ? SUITES : asked;
if (suites.at(-1) === "cluster" && suites.length > 1) lackOfCluster("10"); // built beside the others: at first it takes minutes

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = collectFailures();
const took = new Map<string, number>();
for (const name of suites) {
  console.log(`\n# ${name}`);
  const startMs = performance.now();
  const suite = await import(new URL(`./${name}/main.ts`, import.meta.url).href) as {
    run(options: object): Promise<Counts>;
  };
  const counts = await suite.run({}).catch((error): Counts => {
    console.log(`fail ${name}: the suite ended early\n${error instanceof Error ? error.stack : error}`);
    return { passed: 0, failed: 0, skipped: 0 };
  });
  took.set(name, performance.now() - startMs);
  for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
  total.failed += counts.unreadable ?? 0;
  if (counts.skippedFor !== undefined) console.log(`${name} is skipped: ${counts.skippedFor}`);
  else if (counts.passed === 0) total.failed += 1; // a suite that finds nothing to run shows nothing
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
const { lines, over } = timesOf(took);
console.log(`\n# how long it took\n${[...lines, ...over].join("\n")}`);
if (failures.length > 0) console.log(`\n# what failed\n${failures.join("\n")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
Deno.exit(total.failed > 0 ? 1 : 0);

/** What is printed of failing cases, kept to be said again at the end: the last lines are what is read, or kept, of a long run. */
function collectFailures(): string[] {
  const failures: string[] = [];
  const print = console.log;
  console.log = (...values: unknown[]) => {
    if (/^(fail|FAILED|✗) /m.test(String(values[0]))) failures.push(String(values[0]).slice(0, 4_000));
    print(...values);
  };
  return failures;
}
