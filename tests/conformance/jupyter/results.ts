/** What the tests of the suite gave, beside what is known to come later. */

/** One test. */
export interface Outcome {
  /** `Class.test`. */
  readonly name: string;
  readonly result: "pass" | "fail" | "skip";
  readonly note: string;
}

/** How many there were of each. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Reads one line of a script: `pass   0.31 s  Wire.test_replay    …`. */
export function parseOutcome(line: string): Outcome | undefined {
  const [, result, name, note] = /^(pass|fail|skip) +[\d.]+ s +(\S+) *(.*)$/.exec(line) ?? [];
  return name === undefined ? undefined : { name, result: result as Outcome["result"], note: note ?? "" };
}

/**
 * Counts, and says what a person should read: failures, a line a class, and what is wrong with the list of what comes later.
 *
 * @param later Tests that may fail or be skipped for now, each with its reason. They count as skipped until they pass.
 */
export function countResults(
  outcomes: readonly Outcome[],
  later: Readonly<Record<string, string>>,
): { readonly lines: string[]; readonly tally: Tally } {
  const failed = outcomes.filter(({ name, result }) => result !== "pass" && later[name] === undefined);
  const waiting = outcomes.filter(({ name, result }) => result !== "pass" && later[name] !== undefined);
  const won = outcomes.filter(({ name, result }) => result === "pass" && later[name] !== undefined);
  const names = new Set(outcomes.map(({ name }) => name));
  const gone = Object.keys(later).filter((name) => !names.has(name));
  const passed = outcomes.length - failed.length - waiting.length;
  return {
    lines: [
      ...classLines(outcomes, later),
      ...waiting.map(({ name }) => `later   ${name}: ${later[name]}`),
      ...won.map(({ name }) => `passes  ${name}: take it out of later.json`),
      ...gone.map((name) => `unknown ${name}: in later.json, but there is no such test`),
      ...failed.map(({ name, result, note }) => `${result === "skip" ? "SKIPPED" : "FAILED "} ${name}: ${note}`),
    ],
    tally: { passed, failed: failed.length + gone.length, skipped: waiting.length },
  };
}

function classLines(outcomes: readonly Outcome[], later: Readonly<Record<string, string>>): string[] {
  const classes = Map.groupBy(outcomes, ({ name }) => name.split(".")[0]!);
  return Array.from(classes, ([name, group]) => {
    const passed = group.filter(({ result }) => result === "pass").length;
    const waiting = group.filter((outcome) => outcome.result !== "pass" && later[outcome.name] !== undefined).length;
    const failed = group.length - passed - waiting;
    return `  ${name.padEnd(20)} ${passed} of ${group.length}${waiting > 0 ? `, ${waiting} later` : ""}${
      failed > 0 ? `, ${failed} FAILED` : ""
    }`;
  });
}
