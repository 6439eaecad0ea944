import type { Terminal } from "./command.ts";

/** A terminal for a command that goes on when nobody reads what it says any more: a server, behind `| head`. */
export function lastingTerminal(terminal: Terminal): Terminal {
  const lasting = (write: (text: string) => void) => (text: string) => {
    try {
      write(text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
  return {
    out: lasting((text) => terminal.out(text)),
    err: lasting((text) => terminal.err(text)),
    isInteractive: terminal.isInteractive,
    columns: terminal.columns,
  };
}
