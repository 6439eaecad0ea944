/** `levada COMMAND …`: finds the command, runs it, and turns what went wrong into a message and an exit code. */

import { type Command, Interrupted, type Terminal, UsageError } from "./command.ts";
import { openTerminal } from "./terminal.ts";

/** Loaded when asked for, so that `--help` starts at once and downloads nothing. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import("./demo.ts")).DEMO,
  kernel: async () => (await import("./kernel.ts")).KERNEL,
  lab: async () => (await import("./lab.ts")).LAB,
  run: async () => (await import("./run.ts")).RUN,
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
    terminal.err(`${name}: ${isExpected(error) ? error.message : error.stack ?? error.message}\n`);
    return 1;
  }
}

/** What a person can mend needs no stack. By name: importing these classes would download what they import. */
function isExpected(error: Error): boolean {
  const names = ["CommandError", "NotebookError", "KernelError", "InstallError"];
  return names.includes(error.name) || Object.values(Deno.errors).some((kind) => error instanceof kind);
}

async function dispatch(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.out(await overview());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`there is no ${kind} "${name}". Commands: ${Object.keys(COMMANDS).join(", ")}`);
  }
  const command = await load();
  const end = rest.indexOf("--");
  if (rest.slice(0, end < 0 ? rest.length : end).some((word) => word === "--help" || word === "-h")) {
    terminal.out(command.help);
    return 0;
  }
  return await command.run(rest, { terminal, signal });
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(8)} ${(await load()).summary}`),
  );
  return `Usage: levada COMMAND [ARGUMENTS]\n\nCommands:\n${
    lines.join("\n")
  }\n\n\`levada COMMAND --help\` tells more.\n`;
}

if (import.meta.main) {
  const abort = new AbortController();
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => abort.abort(new Interrupted(code)));
  }
  Deno.exit(await main(Deno.args, openTerminal(), abort.signal));
}
