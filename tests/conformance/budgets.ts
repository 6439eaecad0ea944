/** How long suites may take together, in minutes; a suite that stands in none belongs to the rest. */
const BUDGETS: readonly Budget[] = [
  { name: "cluster", suites: ["cluster"], minutes: 20 },
  { name: "streams", suites: ["streams"], minutes: 15 },
  { name: "kernel", suites: ["zmtp", "jupyter"], minutes: 8 },
];
const REST_MINUTES = 15;

interface Budget {
  readonly name: string;
  readonly suites: readonly string[];
  readonly minutes: number;
}

/** How long suites took beside how long they may, a line each. */
export interface Times {
  readonly lines: readonly string[];
  /** Those that took longer. It is no failure: a machine that does something else too says nothing about the code. */
  readonly over: readonly string[];
}

/** Compares how long each suite took, in milliseconds, with its budget; of a budget, those suites that were run. */
export function timesOf(took: ReadonlyMap<string, number>): Times {
  const named = new Set(BUDGETS.flatMap(({ suites }) => suites));
  const rest = { name: "the rest", suites: [...took.keys()].filter((name) => !named.has(name)), minutes: REST_MINUTES };
  const spent = [...BUDGETS, rest].map(({ name, suites, minutes }) => {
    const run = suites.filter((suite) => took.has(suite));
    const each = run.map((suite) => `${suite} ${minutesOf(took.get(suite)!)}`).join(", ");
    const sum = run.reduce((all, suite) => all + took.get(suite)!, 0);
    const line = `${name}: ${minutesOf(sum)} of ${minutes} minutes${run.length > 1 ? ` (${each})` : ""}`;
    return { line, isRun: run.length > 0, isOver: sum > minutes * 60_000 };
  }).filter(({ isRun }) => isRun);
  return {
    lines: spent.map(({ line }) => line),
    over: spent.filter(({ isOver }) => isOver).map(({ line }) => `OVER BUDGET ${line}`),
  };
}

function minutesOf(ms: number): string {
  return (ms / 60_000).toFixed(1);
}
