/** `levada demo`: the first three notebooks of the manual, as a person would run them. */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { readNotebook } from "../../kernel/client/notebook_file.ts";
import { type Command, type CommandContext, CommandError, UsageError } from "./command.ts";
import { executeNotebooks } from "./execute.ts";
import { listImports } from "./imports.ts";
import { readOptions } from "./options.ts";
import { prefetch } from "./prefetch.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NOTEBOOKS = ["01_router.ipynb", "02_ensemble.ipynb", "03_streaming_nlp.ipynb"];
/** What a notebook's kernel runs, beside what the notebook itself imports. */
const PROGRAMS = ["kernel/main.ts", "kernel/engine/bootstrap.ts"];
/** What the library imports only when it is used, which no list of imports tells; these notebooks use all of it. */
const LAZY = ["@hpcc-js/wasm-graphviz", "@observablehq/plot", "linkedom", "onnxruntime-node"];
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
    const jobs = NOTEBOOKS.map((name) => ({ path: shown(join(ROOT, "notebooks", name)), output: join(folder, name) }));
    await fetchNeeds(jobs.map((job) => job.path), context);

    const { terminal } = context;
    const report = join(folder, "report.html");
    const start = performance.now();
    const isGood = await executeNotebooks(jobs, context, { report, title: "Levada demo", timeoutMs: CELL_MS });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    terminal.out(`\n${isGood ? "Done" : "Stopped at a failing cell"} after ${seconds} s, downloads not counted.\n`);
    terminal.out(`Executed notebooks: ${shown(folder)}/\nReport with the drawn graphs: ${shown(report)}\n`);
    return isGood ? 0 : 1;
  },
};

/** Downloads what the kernel and the notebooks import; the list is a module for a moment, in reach of the project's `deno.json`. */
async function fetchNeeds(paths: readonly string[], context: CommandContext): Promise<void> {
  const names = new Set<string>(LAZY);
  for (const path of paths) for (const name of listImports(await readNotebook(path), path)) names.add(name);
  const list = await Deno.makeTempFile({ dir: join(ROOT, "out"), prefix: "needs-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(list, [...names].map((name) => `import ${JSON.stringify(name)};\n`).join(""));
    const start = performance.now();
    const { packages, bytes } = await prefetch([...PROGRAMS.map((path) => join(ROOT, path)), list], context);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const size = `${Math.round(bytes / 1e6)} MB on the disk`;
    if (packages > 0) context.terminal.out(`Downloaded ${packages} packages (${size}) in ${seconds} s.\n\n`);
  } finally {
    await Deno.remove(list);
  }
}

/** A path as short as it can be said from here. */
function shown(path: string): string {
  const near = relative(Deno.cwd(), path);
  return near.startsWith("..") ? path : near;
}
