/** What `run` and `demo` share: notebook files through a kernel each, progress told, files and report written. */

import { basename, dirname } from "node:path";
import { stripAnsi } from "../../kernel/client/ansi.ts";
import { startKernel } from "../../kernel/client/client.ts";
import type { Notebook } from "../../kernel/client/notebook.ts";
import { readNotebook, writeNotebook } from "../../kernel/client/notebook_file.ts";
import { renderReport, type ReportedNotebook } from "../../kernel/client/report.ts";
import { type CellFailure, runNotebook } from "../../kernel/client/run.ts";
import type { CommandContext } from "./command.ts";
import { showProgress } from "./progress.ts";

/** One notebook to run, and where the executed one goes. */
export interface Job {
  readonly path: string;
  /** Default: nowhere. */
  readonly output?: string | undefined;
}

/** How the notebooks are run. */
export interface ExecuteOptions {
  readonly report?: string | undefined;
  readonly title?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly keepGoing?: boolean | undefined;
}

/**
 * Runs the notebooks in order, each in a kernel of its own, which works in the notebook's folder. All are read before the
 * first runs; what ran is written also when a cell fails.
 *
 * @returns Whether every cell went well.
 */
export async function executeNotebooks(
  jobs: readonly Job[],
  context: CommandContext,
  options: ExecuteOptions,
): Promise<boolean> {
  const opened = [];
  for (const job of jobs) opened.push({ ...job, notebook: await readNotebook(job.path) });
  const reported: ReportedNotebook[] = [];
  let isGood = true;
  try {
    for (const { path, output, notebook } of opened) {
      context.terminal.out(`${path}\n`);
      const start = performance.now();
      let failures: CellFailure[] = [];
      let failure: string | undefined = "The run was interrupted";
      try {
        failures = await executeOne(path, notebook, { context, options });
        failure = failures[0] === undefined ? undefined : headline(failures[0]);
      } finally {
        if (output !== undefined) await writeNotebook(output, notebook);
        const durationMs = performance.now() - start;
        reported.push({ name: basename(path), notebook, durationMs, ...(failure === undefined ? {} : { failure }) });
      }
      for (const one of failures) tellFailure(path, one, context);
      isGood &&= failures.length === 0;
      if (!isGood && options.keepGoing !== true) break;
    }
  } finally {
    if (options.report !== undefined && reported.length > 0) {
      await Deno.writeTextFile(
        options.report,
        renderReport(reported, options.title === undefined ? {} : { title: options.title }),
      );
    }
  }
  return isGood;
}

async function executeOne(
  path: string,
  notebook: Notebook,
  { context, options }: { context: CommandContext; options: ExecuteOptions },
): Promise<CellFailure[]> {
  const { signal, terminal } = context;
  const kernel = await startKernel({ cwd: dirname(path), signal });
  try {
    const failures = await runNotebook(notebook, kernel, {
      signal,
      onProgress: showProgress(terminal),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...(options.keepGoing === undefined ? {} : { keepGoing: options.keepGoing }),
    });
    await kernel.shutdown();
    return failures;
  } finally {
    await kernel.kill(); // after a shutdown there is nothing left to end
  }
}

function headline({ cell, error }: CellFailure): string {
  return `Cell ${cell} failed: ${error.ename}: ${stripAnsi(error.evalue)}`;
}

function tellFailure(path: string, failure: CellFailure, { terminal }: CommandContext): void {
  const { cell, label, error } = failure;
  const traceback = error.traceback.length > 0 ? error.traceback.join("\n") : `${error.ename}: ${error.evalue}`;
  const shown = terminal.isInteractive ? traceback : stripAnsi(traceback);
  const indented = shown.trimEnd().split("\n").map((line) => `  ${line}`.trimEnd()).join("\n");
  terminal.err(`\nCell ${cell} of ${path} failed, which begins \`${label}\`:\n${indented}\n`);
}
