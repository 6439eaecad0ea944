/** Finds what was changed after its declaration: the declaration alone would be another value. */
import type { Fault } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { FreeNames } from "../scope/free_names.ts";
import { cellName, type Declaration, type ParsedRun } from "./cell_code.ts";
import type { Root } from "./slice.ts";

interface Piece {
  readonly run: ParsedRun;
  readonly start: number;
  readonly free: FreeNames;
}

/**
 * The faults of what was changed. What code that travels itself changes, as a counter in a step, is its state: it begins anew where
 * the module does.
 */
export function findChanges(
  runs: readonly ParsedRun[],
  declarations: readonly Declaration[],
  roots: readonly Root[],
): Fault[] {
  const travelling = new Set<FreeNames>(declarations.map(({ free }) => free));
  const faults: Fault[] = [];
  for (const declaration of declarations) {
    if (declaration.kind === "import" || declaration.kind === "type") continue;
    for (const name of declaration.names) {
      const change = findChange(name, declaration, { runs, travelling, roots });
      if (change === undefined) continue;
      faults.push(errorFault(
        `"${name}" of ${cellName(declaration.run)} was changed after its declaration, by ${change}`,
        `Declare it as what it shall be, in one expression, or keep what changes in the step: in a class, or in context.state`,
      ));
    }
  }
  return faults;
}

interface Notebook {
  readonly runs: readonly ParsedRun[];
  readonly travelling: ReadonlySet<FreeNames>;
  readonly roots: readonly Root[];
}

/** What changed it: a cell, or a function of one. */
function findChange(name: string, declaration: Declaration, { runs, travelling, roots }: Notebook): string | undefined {
  for (const run of runs.filter(({ index }) => index >= declaration.run.index)) {
    for (const piece of piecesOf(run)) {
      if (travelling.has(piece.free) || (run === declaration.run && piece.start < declaration.start)) continue;
      const isChanged = piece.free.writes.some((write) =>
        write.name === name && !travels(write.start, run, roots) && (write.what === "binding" || !write.isLater)
      );
      if (isChanged) return cellName(run);
    }
  }
  return undefined;
}

function piecesOf(run: ParsedRun): Piece[] {
  return [...run.declarations, ...run.statements].map(({ start, free }) => ({ run, start, free }));
}

/** Whether a place is in code of a step that is written where the graph is built. */
function travels(offset: number, run: ParsedRun, roots: readonly Root[]): boolean {
  return roots.some(({ place }) => place?.run === run && place.start <= offset && offset < place.end);
}
