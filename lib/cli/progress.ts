/** A run's progress: one line per cell. */

import type { RunEvent } from "../../kernel/client/run.ts";
import type { Terminal } from "./command.ts";
import { fit } from "./fit.ts";

/** Writes one line per cell: number, first line of code, time, outputs. While it runs, a person sees the line already. */
export function showProgress(terminal: Terminal): (event: RunEvent) => void {
  return (event) => {
    const count = `${event.number}/${event.total}`;
    if (event.kind === "start") {
      if (terminal.isInteractive) terminal.out(`  … ${count.padStart(5)}  ${fit(event.label, terminal.columns - 14)}`);
      return;
    }
    const time = `${(event.durationMs / 1000).toFixed(2)} s`.padStart(8);
    const outputs = event.outputs === 0 ? "" : `${event.outputs} ${event.outputs === 1 ? "output" : "outputs"}`;
    const width = Math.max(16, Math.min(72, terminal.columns - 36));
    const line = `  ${event.ok ? "✓" : "✗"} ${count.padStart(5)}  ${
      fit(event.label, width).padEnd(width)
    } ${time}  ${outputs}`;
    terminal.out(`${terminal.isInteractive ? "\r\x1b[2K" : ""}${line.trimEnd()}\n`);
  };
}
