import { Table } from "../draw/table.ts";
import { describeThrown } from "../errors.ts";
import type { TraceStep } from "../flow/tracer.ts";
import { redactText } from "../redact_text.ts";

/** What each step did with one request: shows as a table in a notebook. */
export class Trace {
  /** What the caller got. */
  readonly reply: unknown;
  /** HTTP status of the answer; undefined where a step holds what would be the answer. */
  readonly status: number | undefined;
  /** What each step did, in the order in which events entered them. */
  readonly steps: readonly TraceStep[];

  /** Made by `server.trace`. */
  constructor(reply: unknown, status: number | undefined, steps: readonly TraceStep[]) {
    this.reply = reply;
    this.status = status;
    this.steps = steps;
  }

  /** The steps as a table; functions are told where there are several. */
  get table(): Table {
    const functions = new Set(this.steps.map((step) => step.function));
    const rows = this.steps.map((entry) => ({
      step: entry.step,
      ...(functions.size > 1 ? { function: entry.function } : {}),
      received: entry.received,
      returned: returnedText(entry),
      ms: Math.round(entry.tookMs * 1_000) / 1_000,
    }));
    return new Table(rows, {
      caption: this.status === undefined ? "not answered yet" : `answered ${this.status}`,
      maxRows: 200,
    });
  }

  /** The table, where notebooks look for it. */
  [Symbol.for("Jupyter.display")](): Record<string, unknown> {
    const { html, text } = this.table;
    return { "text/html": html, "text/plain": text };
  }
}

function returnedText({ state, returned, error }: TraceStep): unknown {
  if (state === "failed") return `✗ ${toldOf(error)}`;
  if (state === "held") return "(held)";
  if (returned.length === 0) return "(ended here)";
  return returned.length === 1 ? returned[0] : returned;
}

function toldOf(error: unknown): string {
  const { name, message } = describeThrown(error);
  return redactText(error instanceof Error ? `${name}: ${message}` : message);
}
