/** What every command of the command line is, and what it may touch. */

/** Where a command writes. */
export interface Terminal {
  /** Writes results and progress. */
  out(text: string): void;
  /** Writes errors. */
  err(text: string): void;
  /** Whether a person looks on, so that a line may be written over. */
  readonly isInteractive: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** What a command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C with an `Interrupted`: clean up and throw it on. */
  readonly signal: AbortSignal;
}

/** One word of the command line. */
export interface Command {
  /** One line for `levada --help`. */
  readonly summary: string;
  /** Everything for `levada COMMAND --help`. */
  readonly help: string;
  /** @returns The exit code. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

/** The words typed are not what the command takes: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the person asked for cannot be done, for a reason that needs no stack: exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The person pressed Ctrl-C, or the system asked to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** 128 and the signal's number, as shells count. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("Interrupted");
    this.exitCode = exitCode;
  }
}
