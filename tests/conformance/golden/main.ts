/**
 * `deno task golden [DIR] [--only WORD] [--topic TOPIC] [--verbose]`: runs recorded cases of MLRun and storey through the library.
 *
 * Prints each difference, how many cases passed by which rule, what was skipped and why, and the counts alone on the last line.
 * Exit code 1 when a case failed, 2 when a folder or a file could not be read.
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { CaseError, type GoldenCase, listCases, readCase } from "./golden_case.ts";
import { judgeCase, type Outcome } from "./judge.ts";

/** What to run. */
export interface GoldenOptions {
  /** A folder of case files; default: the recorded ones beside this file. */
  readonly directory?: string | undefined;
  /** Only cases whose name holds this. */
  readonly only?: string | undefined;
  /** Only cases of this topic. */
  readonly topic?: string | undefined;
  /** Names each case. */
  readonly verbose?: boolean | undefined;
  /** Writes a line; default: the console. */
  readonly print?: (line: string) => void;
  /** After this long a request counts as hanging; default 2,000. */
  readonly limitMs?: number;
}

/** How many cases came out how; `unreadable` are files that hold no case. */
export interface GoldenCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unreadable: number;
}

const CASES = new URL("./cases", import.meta.url).pathname;
const LIMIT_MS = 2_000; // nothing here waits for longer by itself

/** Runs cases and reports them. */
export async function run(options: GoldenOptions = {}): Promise<GoldenCounts> {
  const { print = console.log, limitMs = LIMIT_MS } = options;
  const counts = { passed: 0, failed: 0, skipped: 0, unreadable: 0 };
  const rules = new Map<string, number>();
  const reasons = new Map<string, number>();
  const tell = (problem: unknown) => {
    if (!(problem instanceof CaseError)) throw problem;
    counts.unreadable += 1;
    print(`✗ ${problem.message}`);
  };
  for (const file of await listCases(options.directory ?? CASES).catch((problem) => (tell(problem), []))) {
    const given = await readCase(file).catch(tell);
    if (given === undefined || !isAsked(given, options)) continue;
    const outcome = await judgeCase(given, { limitMs });
    counts[outcome.kind] += 1;
    if (outcome.kind === "passed") { for (const rule of outcome.rules) count(rules, rule); }
    if (outcome.kind === "skipped") {
      count(reasons, outcome.reason);
      if (options.directory === undefined) counts.failed += 1; // every recorded case has to be told
    }
    report(given, outcome, { print, verbose: options.verbose === true });
  }
  for (const [reason, cases] of sorted(reasons)) print(`${cases} skipped, ${reason}`);
  for (const [rule, cases] of sorted(rules)) print(`${cases} by rule ${rule}`);
  const { passed, failed, skipped } = counts;
  print(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  return counts;
}

function isAsked({ name, topics }: GoldenCase, { only, topic }: GoldenOptions): boolean {
  return (only === undefined || name.includes(only)) && (topic === undefined || topics.includes(topic));
}

function report(
  { name }: GoldenCase,
  outcome: Outcome,
  { print, verbose }: { print: (line: string) => void; verbose: boolean },
): void {
  if (outcome.kind === "failed") {
    print(`✗ ${name}`);
    for (const line of outcome.lines) print(`    ${line}`);
  } else if (verbose) {
    const why = outcome.kind === "skipped" ? outcome.reason : outcome.rules.map((rule) => `by rule ${rule}`).join(", ");
    print(`${outcome.kind === "passed" ? "✓" : "–"} ${name}${why === "" ? "" : `: ${why}`}`);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** What the command line asks for; relative folders are relative to where the command was typed. */
function readArguments(args: string[]): GoldenOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { only: { type: "string" }, topic: { type: "string" }, verbose: { type: "boolean" } },
  });
  if (positionals.length > 1) throw new TypeError(`Cannot run ${positionals.length} folders: name one`);
  return { ...values, directory: positionals[0] && resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), positionals[0]) };
}

async function main(args: string[]): Promise<number> {
  let options: GoldenOptions;
  try {
    options = readArguments(args);
  } catch (error) {
    console.error(
      `${
        error instanceof Error ? error.message : error
      }\nUsage: golden [DIR] [--only WORD] [--topic TOPIC] [--verbose]`,
    );
    return 2;
  }
  const { failed, unreadable } = await run(options);
  return unreadable > 0 ? 2 : failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
