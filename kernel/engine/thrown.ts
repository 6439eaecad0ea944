/** What the kernel learns of something that a cell threw. */

import type { RewrittenCell } from "../language/rewrite.ts";
import type { Described, Frame } from "./carried.ts";
import type { ExceptionDetails, RemoteObject } from "./cdp.ts";
import type { Cell } from "./engine.ts";
import { PREFIX_LINES } from "./stack.ts";

/** Who can be asked about an object of the engine process. */
export interface Describer {
  describe(objectId: string): Promise<unknown>;
}

/**
 * Asks the engine process about what was thrown. What V8 itself cannot read has no stack: its place is where V8 stopped.
 */
export async function describeThrown(
  details: ExceptionDetails,
  describer: Describer,
  run: { readonly cell: Cell; readonly rewritten: RewrittenCell },
): Promise<Described> {
  const { exception } = details;
  const described = exception?.objectId === undefined
    ? { name: "Uncaught", message: primitiveText(exception), frames: [], causes: [] }
    : await describer.describe(exception.objectId) as Described;
  return described.frames.length > 0 ? described : { ...described, frames: frameOf(details, run) };
}

function primitiveText(value: RemoteObject | undefined): string {
  if (value === undefined) return "something that is gone";
  if (typeof value.value === "string") return JSON.stringify(value.value);
  return value.description ?? String(value.value ?? (value.subtype === "null" ? null : undefined));
}

function frameOf(
  { lineNumber, columnNumber }: ExceptionDetails,
  { cell, rewritten }: { readonly cell: Cell; readonly rewritten: RewrittenCell },
): Frame[] {
  if (lineNumber < PREFIX_LINES) return []; // V8 says line 0 where it does not know
  const place = rewritten.origin({ line: lineNumber - PREFIX_LINES, column: columnNumber });
  if (place === undefined) return [];
  const { execution, count } = cell;
  return [{ name: "", execution, place: `cell [${count}]`, line: place.line + 1, column: place.column + 1 }];
}
