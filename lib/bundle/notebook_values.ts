/** What the notebook has under the names that leave: what their declarations make must be the same. */
import { createHash } from "node:crypto";
import { cellName, type Declaration, type ParsedRun } from "./cell_code.ts";
import { CHANGING, travels } from "./find_changes.ts";
import { handedNames } from "./handed_names.ts";
import type { Root } from "./slice.ts";
import { writeValue } from "./write_value.ts";

/** A value of the notebook. */
export interface SlicedValue {
  readonly name: string;
  /** Its cell, as in messages. */
  readonly cell: string;
  /** Of what it is as data; null where that is not compared. */
  readonly hash: string | null;
}

/** Where values are looked for. */
export interface ValuesWish {
  readonly runs: readonly ParsedRun[];
  readonly declarations: readonly Declaration[];
  readonly roots: readonly Root[];
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * The values of what leaves. What code that leaves itself changes is its state, which begins anew, and is left out; unless a cell
 * called what changes it, as one fills a registry or fits a model.
 */
export function notebookValues({ runs, declarations, roots, globals }: ValuesWish): SlicedValue[] {
  const texts = [
    ...declarations.map((declaration) => ({ declaration, text: declaration.text })),
    ...roots.flatMap(({ place }) =>
      place === undefined ? [] : [{ declaration: undefined, text: place.run.source.slice(place.start, place.end) }]
    ),
  ].map((one) => ({ ...one, handed: handedNames(one.text) }));
  const named = declarations.filter(({ kind }) => kind !== "import" && kind !== "type")
    .flatMap((declaration) => declaration.names.map((name) => ({ name, declaration, value: globals[name] })));
  const own = named.map(({ value }) => value).filter((value) => typeof value === "function");
  return named.map(({ name, declaration, value }) => {
    const isLeftOut = isState(name, value, { declaration, texts, named }) &&
      !isCalled(name, value, { runs, declarations, roots });
    const hash = isLeftOut ? null : hashValue(value, own, { createHash, writeValue });
    return { name, cell: cellName(declaration.run), hash };
  });
}

/** The hash of a value as data; run by its text in other processes too. */
export function hashValue(
  value: unknown,
  own: readonly unknown[],
  { createHash: hash, writeValue: write }: { createHash: typeof createHash; writeValue: typeof writeValue },
): string | null {
  const made = hash("sha256");
  try {
    write(value, own, (part) => void made.update(part));
  } catch {
    return null; // too deep, or a field that cannot be read
  }
  return made.digest("hex");
}

interface Known {
  readonly declaration: Declaration;
  readonly texts: readonly {
    readonly declaration: Declaration | undefined;
    readonly text: string;
    readonly handed: ReadonlySet<string>;
  }[];
  readonly named: readonly { readonly declaration: Declaration; readonly value: unknown }[];
}

/** Whether code that leaves may change a value: by assignments, by methods that change, or by what it is handed to. */
function isState(name: string, value: unknown, { declaration, texts, named }: Known): boolean {
  const mayChange = changesOf(name.replaceAll("$", "\\$"));
  const others = texts.filter((one) => one.declaration !== declaration);
  if (others.some(({ text, handed }) => handed.has(name) || mayChange.test(text))) return true;
  const makers = typeof value === "function" ? [value] : prototypesOf(value);
  const byItself = changesOf(`(?:this|${name.replaceAll("$", "\\$")})`);
  return named.some((one) => makers.includes(one.value) && byItself.test(one.declaration.text));
}

function changesOf(name: string): RegExp {
  const path = String.raw`(?:\s*\??\.\s*#?[\w$]+|\[[^\]]*\])*`;
  const act = String.raw`(?:(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?![=>])|\+\+|--|\??\.\s*(?:${CHANGING})\s*\()`;
  return new RegExp(String.raw`(?<![\w$.])${name}${path}\s*${act}|(?:\+\+|--|\bdelete\s+)${name}\b`);
}

/** The classes that a value is an instance of. */
function prototypesOf(value: unknown): unknown[] {
  const makers: unknown[] = [];
  for (let at = value; typeof at === "object" && at !== null; at = Object.getPrototypeOf(at)) {
    makers.push((Object.getPrototypeOf(at) as { constructor?: unknown } | null)?.constructor);
  }
  return makers;
}

/** Whether a cell calls a method of a value, not of a list or a map, whose methods are known. */
function isCalled(name: string, value: unknown, { runs, declarations, roots }: Omit<ValuesWish, "globals">): boolean {
  if (Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) return false;
  const leaving = new Set(declarations.map(({ free }) => free));
  return runs.some((run) =>
    [...run.declarations, ...run.statements].some(({ free }) =>
      !leaving.has(free) &&
      free.uses.some((use) =>
        use.name === name && !use.isLater && !travels(use.start, run, roots) &&
        /^(?:\s*\??\.\s*[\w$]+)+\s*\(/.test(run.source.slice(use.end))
      )
    )
  );
}
