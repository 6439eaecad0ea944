/** `levada run NOTEBOOK…` */

import { basename, dirname, join } from "node:path";
import { type Command, type CommandContext, CommandError, UsageError } from "./command.ts";
import type { Job } from "./execute.ts";
import { loadExecute } from "./load_execute.ts";
import { readOptions, readSeconds } from "./options.ts";
import { RUN_NEEDS } from "./prefetch.ts";

/** Runs notebooks headless. */
export const RUN: Command = {
  summary: "Run notebooks headless, cell by cell, through Levada's kernel",
  help: `Usage: levada run NOTEBOOK... [OPTIONS]

Runs each notebook from top to bottom in a kernel of its own, which works in the notebook's folder. It stops at the
first failing cell, unless the cell has the tag "raises-exception". The notebook itself stays as it is.

  --output FILE|FOLDER  Write the executed notebook here; a folder when there are several. Default: write none.
  --report FILE         Write all executed notebooks into one HTML page.
  --timeout SECONDS     Interrupt a cell that runs longer; it has failed then. Default: no limit.
  --keep-going          Run on after a failing cell or notebook.
  --force               Run a notebook that says it is written in another language than TypeScript or JavaScript.

Exit code: 0 all cells ran, 1 a cell failed or a file cannot be used, 2 a wrong option, 130 interrupted.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      output: { type: "string" },
      report: { type: "string" },
      timeout: { type: "string" },
      "keep-going": { type: "boolean" },
      force: { type: "boolean" },
    });
    if (positionals.length === 0) throw new UsageError("give it a notebook");
    const timeoutMs = readSeconds("timeout", values.timeout);
    const jobs = await placeOutputs(positionals, values.output);
    if (values.report !== undefined) await makeFolder(dirname(values.report));
    const executeNotebooks = await loadExecute(RUN_NEEDS, context);
    const { isGood, written } = await executeNotebooks(jobs, context, {
      timeoutMs,
      report: values.report,
      keepGoing: values["keep-going"],
      force: values.force,
    });
    for (const path of written) context.terminal.out(`Written: ${path}\n`);
    return isGood ? 0 : 1;
  },
};

async function placeOutputs(paths: readonly string[], output: string | undefined): Promise<Job[]> {
  if (output === undefined) return paths.map((path) => ({ path }));
  const toFolder = paths.length > 1 || output.endsWith("/") || await isFolder(output);
  if (!toFolder) {
    await makeFolder(dirname(output));
    return paths.map((path) => ({ path, output }));
  }
  const names = paths.map((path) => basename(path));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`two notebooks are called ${twice}, which cannot both go to ${output}`);
  await makeFolder(output);
  return paths.map((path) => ({ path, output: join(output, basename(path)) }));
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CommandError(`Cannot make the folder ${path}: ${error.message}`, { cause: error });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;
}
