import type { Declaration } from "./cell_code.ts";
import type { DeclarationIndex } from "./declaration_index.ts";

/**
 * Puts declarations into an order in which a module can run them: that of the cells, but that what is used at once stands before. A
 * notebook's cells may have run in another order than they now have, a module has one.
 */
export function inOrder(declarations: readonly Declaration[], index: DeclarationIndex): Declaration[] {
  const taken = new Set(declarations);
  const ordered = new Set<Declaration>();
  const begun = new Set<Declaration>();

  function usedBy({ free, names }: Declaration, isLater: boolean): Declaration[] {
    const used = free.uses.filter((use) => !use.isType && use.isLater === isLater && !names.includes(use.name));
    return used.flatMap(({ name }) => index.latest(name) ?? []).filter((declaration) => taken.has(declaration))
      .sort(byPlace);
  }

  function add(declaration: Declaration): void {
    if (begun.has(declaration)) return;
    begun.add(declaration);
    for (const used of usedBy(declaration, false)) addWhole(used, new Set());
    ordered.add(declaration);
  }

  /** What is used at once may be called at once: then what it uses later is used now. */
  function addWhole(declaration: Declaration, seen: Set<Declaration>): void {
    if (seen.has(declaration)) return;
    seen.add(declaration);
    add(declaration);
    for (const used of usedBy(declaration, true)) addWhole(used, seen);
  }

  for (const declaration of declarations.toSorted(byPlace)) add(declaration);
  return [...ordered];
}

function byPlace(one: Declaration, other: Declaration): number {
  return one.run.index - other.run.index || one.start - other.start;
}
