/** The real terminal. */

import type { Terminal } from "./command.ts";

const PLAIN_COLUMNS = 100; // where nobody looks on: a log
const ENCODER = new TextEncoder();

/** This process's own output; writing after the reader has gone throws `Deno.errors.BrokenPipe`. */
export function openTerminal(): Terminal {
  const isInteractive = Deno.stdout.isTerminal();
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    isInteractive,
    get columns() {
      try {
        return isInteractive ? Deno.consoleSize().columns || PLAIN_COLUMNS : PLAIN_COLUMNS;
      } catch {
        return PLAIN_COLUMNS; // a terminal that tells no size
      }
    },
  };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = ENCODER.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}
