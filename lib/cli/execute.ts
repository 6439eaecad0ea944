/** What `run` and `demo` share: notebook files through a kernel each, progress told, files and report written. */

import { basename, dirname } from "node:path";
import { stripAnsi } from "../../kernel/client/ansi.ts";
import { type KernelClient, startKernel } from "../../kernel/client/client.ts";
import { foreignLanguage, type Notebook, NotebookError } from "../../kernel/client/notebook.ts";
import { readNotebook, writeNotebook } from "../../kernel/client/notebook_file.ts";
import { renderReport, type ReportedFailure, type ReportedNotebook } from "../../kernel/client/report.ts";
import { type CellFailure, runNotebook } from "../../kernel/client/run.ts";
import type { CommandContext } from "./command.ts";
import { fit } from "./fit.ts";
import { showProgress } from "./progress.ts";

const LABEL_SIGNS = 72;

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
  /** Runs notebooks of other languages too. */
  readonly force?: boolean | undefined;
  /** Asked after each cell whether no other needs to run. */
  readonly isEnough?: () => Promise<boolean>;
  /** Asked when every cell of a notebook went well, before its kernel ends. */
  readonly after?: (kernel: KernelClient) => Promise<void>;
}

/** What came of it. */
export interface Executed {
  /** Every cell of every notebook went well. */
  readonly isGood: boolean;
  /** Files that were written, in order. */
  readonly written: readonly string[];
}

/**
 * Runs the notebooks in order, each in a kernel of its own, which works in the notebook's folder. All are read before the
 * first runs; what ran is written also when a cell fails.
 *
 * @throws {NotebookError} If one cannot be read, or is not of the kernel's language.
 */
export async function executeNotebooks(
  jobs: readonly Job[],
  context: CommandContext,
  options: ExecuteOptions,
): Promise<Executed> {
  const opened = [];
  for (const job of jobs) {
    const notebook = await readNotebook(job.path);
    if (options.force !== true) checkLanguage(notebook, job.path);
    opened.push({ ...job, notebook });
  }
  const reported: ReportedNotebook[] = [];
  const written: string[] = [];
  let stopped: string | undefined;
  let isGood = true;
  try {
    for (const { path, output, notebook } of opened) {
      if (stopped !== undefined) {
        reported.push({ name: basename(path), notebook, notRun: stopped });
        context.terminal.err(`Not run: ${path}, since ${stopped}\n`);
        continue;
      }
      context.terminal.out(`${path}\n`);
      const start = performance.now();
      let failures: readonly CellFailure[] = [];
      let isWhole = false;
      try {
        failures = await executeOne(path, notebook, { context, options });
        isWhole = true;
      } finally {
        if (output !== undefined) written.push(await writeAs(output, notebook));
        const durationMs = performance.now() - start;
        const told = isWhole ? failures.map(toldFailure) : [{ message: "The run was interrupted" }];
        reported.push({ name: basename(path), notebook, durationMs, failures: told });
      }
      for (const one of failures) tellFailure(path, one, context);
      isGood &&= failures.length === 0;
      if (!isGood && options.keepGoing !== true) stopped = `a cell of ${basename(path)} failed`;
    }
  } finally {
    if (options.report !== undefined && reported.length > 0) {
      for (const { path, notebook } of opened.slice(reported.length)) {
        reported.push({ name: basename(path), notebook, notRun: "the run was interrupted before it" });
      }
      const title = options.title === undefined ? {} : { title: options.title };
      await Deno.writeTextFile(options.report, renderReport(reported, title));
      written.push(options.report);
    }
  }
  return { isGood, written };
}

async function writeAs(path: string, notebook: Notebook): Promise<string> {
  await writeNotebook(path, notebook);
  return path;
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
      ...(options.isEnough === undefined ? {} : { isEnough: options.isEnough }),
      ...(options.keepGoing === undefined ? {} : { keepGoing: options.keepGoing }),
    });
    if (failures.length === 0) await options.after?.(kernel);
    await kernel.shutdown();
    return failures;
  } finally {
    await kernel.kill(); // after a shutdown there is nothing left to end
  }
}

function toldFailure({ cell, error }: CellFailure): ReportedFailure {
  return { cell, message: `failed: ${error.ename}: ${stripAnsi(error.evalue)}` };
}

function tellFailure(path: string, failure: CellFailure, { terminal }: CommandContext): void {
  const { cell, label, error } = failure;
  const traceback = error.traceback.length > 0 ? error.traceback.join("\n") : `${error.ename}: ${error.evalue}`;
  const shown = terminal.isInteractive ? traceback : stripAnsi(traceback);
  const indented = shown.trimEnd().split("\n").map((line) => `  ${line}`.trimEnd()).join("\n");
  terminal.err(`\nCell ${cell} of ${path} failed, which begins \`${fit(label, LABEL_SIGNS)}\`:\n${indented}\n`);
}

/** A notebook says what it is written in; one that says nothing is taken as it is. */
function checkLanguage(notebook: Notebook, path: string): void {
  const language = foreignLanguage(notebook);
  if (language === undefined) return;
  throw new NotebookError(
    `Cannot run notebook ${path} as TypeScript: it is written in ${language}. Give --force to run it nevertheless`,
  );
}
