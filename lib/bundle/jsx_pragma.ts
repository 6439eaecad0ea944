import { parseSync, Visitor } from "oxc-parser";
import { parseCell, type ParsedRun } from "./cell_code.ts";

/** How JSX becomes calls in a notebook. */
export interface JsxPragma {
  /** The comment that says so at the beginning of a module. */
  readonly text: string;
  /** The name that the calls begin with; undefined where they are imported. */
  readonly factory: string | undefined;
}

const PRAGMA = /@(jsx|jsxFrag|jsxImportSource)\s+(\S+)/g;

/** What the cells have said of JSX so far: the kernel keeps it from cell to cell. */
export function jsxPragma(runs: readonly ParsedRun[]): JsxPragma {
  const said = new Map<string, string>();
  for (const { source } of runs) {
    for (const { type, value } of parseSync("cell.tsx", source, { lang: "tsx" }).comments) {
      if (type === "Block") { for (const [, word, name] of value.matchAll(PRAGMA)) said.set(word!, name!); }
    }
  }
  const factory = said.get("jsx");
  if (factory === undefined) {
    return { text: `/** @jsxImportSource ${said.get("jsxImportSource") ?? "react"} */`, factory: undefined };
  }
  const fragment = said.get("jsxFrag");
  return {
    text: `/** @jsx ${factory}${fragment === undefined ? "" : ` @jsxFrag ${fragment}`} */`,
    factory: factory.split(".")[0],
  };
}

/** Whether code has JSX in it. */
export function hasJsx(text: string): boolean {
  const program = parseCell(text);
  let found = false;
  const find = () => void (found = true);
  if (program !== undefined) new Visitor({ JSXElement: find, JSXFragment: find }).visit(program);
  return found;
}
