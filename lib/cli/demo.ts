/** `levada demo`: the first three notebooks of the manual, as a person would run them. */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, type CommandContext, CommandError, UsageError } from "./command.ts";
import { loadExecute } from "./load_execute.ts";
import { readOptions } from "./options.ts";
import { RUN_NEEDS } from "./prefetch.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NOTEBOOKS = ["01_router.ipynb", "02_ensemble.ipynb", "03_streaming_nlp.ipynb"];
/** What these notebooks import, and what the library imports for them when it is used: pictures, charts and models. */
export const DEMO_NEEDS = [
  ...RUN_NEEDS,
  "@hpcc-js/wasm-graphviz",
  "@observablehq/plot",
  "linkedom",
  "onnxruntime-node",
  "wink-eng-lite-web-model",
  "wink-nlp",
] as const;
const CELL_MS = 60_000; // none takes a second; one that hangs should not hang the demo

/** Runs the demo notebooks and writes them and their report. */
export const DEMO: Command = {
  summary: "Run the three demo notebooks and write out/demo/report.html",
  help: `Usage: levada demo [--output FOLDER]

Runs the first three notebooks of the manual, cell by cell, through Levada's kernel, and writes the executed notebooks
and one report with every drawn graph, table and plot. The first time it downloads what they need, and says so.

  --output FOLDER  Where to write. Default: out/demo in the project.

Exit code: 0 all cells ran, 1 a cell failed, 2 a wrong option, 130 interrupted.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, { output: { type: "string" } });
    if (positionals.length > 0) throw new UsageError(`it takes no other words: got "${positionals[0]}"`);
    const folder = values.output ?? join(ROOT, "out", "demo");
    try {
      await Deno.mkdir(folder, { recursive: true });
    } catch (error) {
      throw new CommandError(`Cannot make the folder ${folder}: ${(error as Error).message}`, { cause: error });
    }
    if (await Deno.realPath(folder) === await Deno.realPath(join(ROOT, "notebooks"))) {
      throw new CommandError(`Cannot write to ${folder}: the notebooks themselves lie there. Give another folder`);
    }
    const jobs = NOTEBOOKS.map((name) => ({ path: shown(join(ROOT, "notebooks", name)), output: join(folder, name) }));
    const executeNotebooks = await loadExecute(DEMO_NEEDS, context);

    const { terminal } = context;
    const report = join(folder, "report.html");
    const start = performance.now();
    for (const path of [...jobs.map(({ output }) => output), report]) await removeOld(path);
    const { isGood } = await executeNotebooks(jobs, context, { report, title: "Levada demo", timeoutMs: CELL_MS });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    terminal.out(`\n${isGood ? "Done" : "Stopped at a failing cell"} after ${seconds} s, downloads not counted.\n`);
    terminal.out(`Executed notebooks: ${shown(folder)}/\nReport with the drawn graphs: ${shown(report)}\n`);
    return isGood ? 0 : 1;
  },
};

/** What an earlier run left would look like this run's where this one stops early. */
async function removeOld(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** A path as short as it can be said from here. */
function shown(path: string): string {
  const near = relative(Deno.cwd(), path);
  return near.startsWith("..") ? path : near;
}
