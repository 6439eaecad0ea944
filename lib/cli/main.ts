/** `levada COMMAND …`: finds the command, runs it, and turns what went wrong into a message and an exit code. */

import { plainLines } from "../telemetry/one_line.ts";
import { redactText } from "../redact_text.ts";
import { BUNDLE } from "./bundle.ts";
import { type Command, Interrupted, type Terminal, UsageError } from "./command.ts";
import { DELETE } from "./delete.ts";
import { DEMO } from "./demo.ts";
import { DEPLOY } from "./deploy.ts";
import { DLQ } from "./dlq.ts";
import { FETCH_BUNDLE } from "./fetch_bundle.ts";
import { IMAGE } from "./image.ts";
import { KERNEL } from "./kernel.ts";
import { LAB } from "./lab.ts";
import { LIST } from "./list.ts";
import { LOGS } from "./logs.ts";
import { MANIFESTS } from "./manifests.ts";
import { RESUME } from "./resume.ts";
import { ROLLBACK } from "./rollback.ts";
import { RUN } from "./run.ts";
import { SERVE } from "./serve.ts";
import { STATUS } from "./status.ts";
import { STREAMS } from "./streams.ts";
import { openTerminal } from "./terminal.ts";

/** A command imports what needs a package when it runs: then it can say first what has to be downloaded. */
const COMMANDS: Readonly<Record<string, Command>> = {
  bundle: BUNDLE,
  delete: DELETE,
  demo: DEMO,
  deploy: DEPLOY,
  dlq: DLQ,
  "fetch-bundle": FETCH_BUNDLE,
  image: IMAGE,
  kernel: KERNEL,
  lab: LAB,
  list: LIST,
  logs: LOGS,
  manifests: MANIFESTS,
  resume: RESUME,
  rollback: ROLLBACK,
  run: RUN,
  serve: SERVE,
  status: STATUS,
  streams: STREAMS,
};

const BROKEN_PIPE_CODE = 141; // 128 + SIGPIPE, as a shell counts

/**
 * Runs one command line.
 *
 * @returns The exit code: 0 done, 1 failed, 2 not understood, 130 interrupted.
 */
export async function main(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    return await dispatch(args, terminal, signal);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    if (error instanceof Deno.errors.BrokenPipe) return BROKEN_PIPE_CODE;
    const name = args[0] !== undefined && Object.hasOwn(COMMANDS, args[0]) ? `levada ${args[0]}` : "levada";
    if (error instanceof UsageError) {
      terminal.err(`${name}: ${error.message}\nSee \`${name} --help\`.\n`);
      return 2;
    }
    if (!(error instanceof Error)) throw error;
    terminal.err(
      plainLines(redactText(`${name}: ${isExpected(error) ? error.message : error.stack ?? error.message}\n`)),
    );
    return 1;
  }
}

/** What a person can mend needs no stack. By name: importing these classes would download what they import. */
function isExpected(error: Error): boolean {
  const names = [
    "CommandError",
    "BundleError",
    "ClusterError",
    "DeployError",
    "ImageError",
    "NotebookError",
    "KernelError",
    "InstallError",
    "GraphError",
    "ListenError",
    "SecretError",
    "StreamError",
    "DataError",
  ];
  return names.includes(error.name) || Object.values(Deno.errors).some((kind) => error instanceof kind);
}

async function dispatch(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.out(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`there is no ${kind} "${name}". Commands: ${Object.keys(COMMANDS).join(", ")}`);
  }
  const end = rest.indexOf("--");
  if (rest.slice(0, end < 0 ? rest.length : end).some((word) => word === "--help" || word === "-h")) {
    terminal.out(command.help);
    return 0;
  }
  return await command.run(rest, { terminal, signal });
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`);
  return `Usage: levada COMMAND [ARGUMENTS]\n\nCommands:\n${
    lines.join("\n")
  }\n\n\`levada COMMAND --help\` tells more.\n`;
}

/** `deno task` moves into its own folder: `--from FOLDER`, before everything else, says where the person is whose paths these are. */
function comeFrom(args: readonly string[]): readonly string[] {
  const [option, folder, ...rest] = args;
  if (option !== "--from" || folder === undefined) return args;
  Deno.chdir(folder);
  return rest;
}

if (import.meta.main) {
  const abort = new AbortController();
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => abort.abort(new Interrupted(code)));
  }
  Deno.exit(await main(comeFrom(Deno.args), openTerminal(), abort.signal));
}
