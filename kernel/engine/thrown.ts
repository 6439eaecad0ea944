/** What the kernel learns of something that a cell threw. */

import type { RewrittenCell } from "../language/rewrite.ts";
import type { Described, Frame } from "./carried.ts";
import type { ExceptionDetails, RemoteObject } from "./cdp.ts";
import type { Cell } from "./engine.ts";
import { CELL_SCHEME, PREFIX_LINES } from "./stack.ts";

/** Who can be asked about an object of the engine process. */
export interface Describer {
  describe(objectId: string): Promise<unknown>;
}

/**
 * Asks the engine process about what was thrown. Values that are not errors carry no stack: their place is where V8 saw them
 * thrown.
 */
export async function describeThrown(
  details: ExceptionDetails,
  describer: Describer,
  run: { readonly cell: Cell; readonly rewritten: RewrittenCell },
): Promise<Described> {
  const { exception } = details;
  const described = exception?.objectId === undefined
    ? { name: "Uncaught", message: primitiveText(exception), frames: [], cause: undefined }
    : await describer.describe(exception.objectId) as Described;
  return described.frames.length > 0 ? described : { ...described, frames: frameOf(details, run) };
}

function primitiveText(value: RemoteObject | undefined): string {
  if (value === undefined) return "something that is gone";
  if (typeof value.value === "string") return JSON.stringify(value.value);
  return value.description ?? String(value.value ?? (value.subtype === "null" ? null : undefined));
}

function frameOf(
  { url, lineNumber, columnNumber }: ExceptionDetails,
  { cell, rewritten }: { readonly cell: Cell; readonly rewritten: RewrittenCell },
): Frame[] {
  if (url !== CELL_SCHEME + encodeURIComponent(cell.execution)) return [];
  const place = rewritten.origin({ line: lineNumber - PREFIX_LINES, column: columnNumber });
  if (place === undefined) return [];
  const { execution, count } = cell;
  return [{ name: "", execution, place: `cell [${count}]`, line: place.line + 1, column: place.column + 1 }];
}
