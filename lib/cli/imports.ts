/** What a notebook's cells import, found without running them. */

import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Notebook } from "../../kernel/client/notebook.ts";

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s*(?:[\w$*{][^'"`;]*?\bfrom\s*)?["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']/g;

/** Lists what the notebook at `path` imports; relative names become file addresses. Words in a comment may be listed too. */
export function listImports(notebook: Notebook, path: string): string[] {
  const found = new Set<string>();
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    for (const [, still, dynamic] of cell.source.matchAll(IMPORT)) {
      const name = still ?? dynamic ?? "";
      found.add(/^\.{0,2}\//.test(name) ? pathToFileURL(join(resolve(dirname(path)), name)).href : name);
    }
  }
  return [...found];
}
