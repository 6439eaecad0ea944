import { deepStrictEqual } from "node:assert/strict";
import type { Terminal } from "../../../../lib/cli/command.ts";
import { showProgress } from "../../../../lib/cli/progress.ts";

function written(isInteractive: boolean, label: string): string[] {
  const lines: string[] = [];
  const terminal: Terminal = { out: (text) => lines.push(text), err: () => {}, isInteractive, columns: 60 };
  const show = showProgress(terminal);
  const place = { cell: 4, number: 2, total: 10, label };
  show({ kind: "start", ...place });
  show({ kind: "end", ...place, durationMs: 1234, outputs: 1, ok: true });
  show({ kind: "end", ...place, durationMs: 5, outputs: 0, ok: false });
  return lines;
}

Deno.test("showProgress() writes one line per cell into a log", () => {
  deepStrictEqual(written(false, "ask()"), [
    "  ✓  2/10  ask()                      1.23 s  1 output\n",
    "  ✗  2/10  ask()                      0.01 s\n",
  ]);
});

Deno.test("showProgress() shows a person the running cell and writes over it", () => {
  const [start, end] = written(true, "ask()");
  deepStrictEqual([start, end?.startsWith("\r\x1b[2K  ✓")], ["  …  2/10  ask()", true]);
});

Deno.test("showProgress() cuts long labels and drops what would move the cursor", () => {
  const [end] = written(false, "\x1b[2Jevil\r\n" + "😀".repeat(100));
  deepStrictEqual(end?.split("\n").length, 2);
  deepStrictEqual(end?.includes("\x1b") || end?.includes("\r"), false);
  deepStrictEqual([...end ?? ""].length < 60, true);
});
