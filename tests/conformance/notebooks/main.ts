/** The manual from its fourth notebook on, each run from top to bottom as a reader runs it: `levada run`. */

import { fileURLToPath } from "node:url";
import type { CodeCell } from "../../../kernel/client/notebook.ts";
import { readNotebook } from "../../../kernel/client/notebook_file.ts";
import { STEPS } from "../../../lib/steps/catalogue.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const FIRST = 4; // `deno task test` runs those before
const CELL_SECONDS = 240; // a cell of 05 installs a client of others
const RUN_MS = 300_000;
const MAIN = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));
const STEPS_PAGES = "04_steps.ipynb";
/** What users look for besides the steps: an option without a cell is as good as none. */
const LOOKED_FOR = [
  ..."lateness maxAhead maxValue fixedWindow expected maxBehindEvents caCerts subpath".split(" "),
  ..."bench.counts context.pushError errorStream".split(" "),
];
const FOLDER = fileURLToPath(new URL("../../../notebooks/", import.meta.url));

/** Runs the notebooks and prints each result. */
export async function run(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const tell = (what: string, faults: readonly string[]) => {
    console.log(faults.length === 0 ? `pass ${what}` : `fail ${what}\n${faults.join("\n")}`);
    counts[faults.length === 0 ? "passed" : "failed"] += 1;
  };
  for (const name of names()) tell(name, await faultsOf(name));
  tell(`${STEPS_PAGES} has every ready step`, await missingSteps());
  tell(`${STEPS_PAGES} has what users look for`, await missingWords());
  return counts;
}

async function missingSteps(): Promise<string[]> {
  const { cells } = await readNotebook(FOLDER + STEPS_PAGES);
  const code = cells.filter((cell) => cell.cell_type === "code").map(({ source }) => source).join("\n");
  return [...STEPS.keys()].filter((kind) => !new RegExp(`\\b${kind}[<(]`).test(code)).map((kind) => `no ${kind}`);
}

async function missingWords(): Promise<string[]> {
  const { cells } = await readNotebook(FOLDER + STEPS_PAGES);
  const text = cells.map(({ source }) => source).join("\n");
  return LOOKED_FOR.filter((word) => !text.includes(word)).map((word) => `no ${word}`);
}

function names(): string[] {
  return [...Deno.readDirSync(FOLDER)]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".ipynb") && Number.parseInt(name) >= FIRST)
    .sort();
}

async function faultsOf(name: string): Promise<string[]> {
  const output = await Deno.makeTempFile({ suffix: ".ipynb" });
  try {
    const args = ["run", "-A", MAIN, "run", FOLDER + name, "--output", output, "--timeout", String(CELL_SECONDS)];
    const command = new Deno.Command(Deno.execPath(), { args, signal: AbortSignal.timeout(RUN_MS) });
    const { success, code, stderr } = await command.output();
    if (!success) return [`exit code ${code}`, new TextDecoder().decode(stderr).trim()];
    const { cells } = await readNotebook(output);
    return cells.filter((cell) => cell.cell_type === "code").flatMap(faultOf);
  } finally {
    await Deno.remove(output);
  }
}

/** A cell that ends in a value has to show it; a graph in every form that a frontend may choose. */
function faultOf({ id, source, outputs }: CodeCell): string[] {
  const last = source.trimEnd().split("\n").at(-1)!;
  if (/[;}]$/.test(last)) return [];
  const result = outputs.find((output) => output.output_type === "execute_result");
  const wanted = last.endsWith("plot()") ? ["text/html", "image/svg+xml", "text/plain"] : ["text/plain"];
  const shown = result === undefined ? [] : Object.keys(result.data);
  const missing = wanted.filter((type) => !shown.includes(type));
  return missing.length === 0 ? [] : [`cell ${id} does not show ${missing.join(", ")}`];
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
