/** What the notebook has under the names that leave: what their declarations make must be the same. */
import { createHash } from "node:crypto";
import { Session } from "node:inspector/promises";
import type { AnyNode } from "../scope/declared_names.ts";
import { cellName, type Declaration, parseCell, type ParsedRun } from "./cell_code.ts";
import { functionShape, namesIn, shapesIn } from "./function_shape.ts";
import { hashValues } from "./hash_values.ts";
import { mayChange } from "./may_change.ts";
import type { SlicedValues } from "./sliced_values.ts";
import { systemData } from "./system_data.ts";
import { touchedNames, type TouchedWish } from "./touched_names.ts";

const LIBRARY = new URL("../", import.meta.url).href;

/** Finds the values of what leaves. */
export async function notebookValues(wish: TouchedWish): Promise<SlicedValues> {
  const { declarations, globals } = wish;
  const named = declarations.filter(isCompared)
    .flatMap((declaration) =>
      declaration.names.map((name) => ({ name, declaration, ...comparedOf(name, globals[name]) }))
    );
  const touched = touchedNames(wish);
  const { hashed, answers, texts } = await hashValues(
    named.map(({ name, value }) => ({ value, isOpen: touched.has(name) })),
    { createHash, Session, systemData, library: LIBRARY },
  );
  const values = named.map(({ name, expression, declaration, value }, index) => ({
    name,
    expression,
    cell: cellName(declaration.run),
    ...hashed[index]!,
    touchedBy: touched.has(name) ? cellName(touched.get(name)!) : null,
    mayBeState: mayBeState(name, value, declaration, wish),
  }));
  return { values, answers, ...shapesOf(texts, wish) };
}

/** What functions say. Of those that the engine has written in another way than their cell, nobody knows. */
function shapesOf(texts: readonly string[], { declarations, runs, globals }: TouchedWish) {
  const enums = new Set(
    declarations.flatMap((declaration) =>
      declaration.names.filter((name) =>
        declaration.kind === "import"
          ? isCompared(declaration) && typeof globals[name] === "object" // an enum of a file, or it has one
          : /\benum\b/.test(declaration.text)
      )
    ),
  );
  const written = new Set(runs.flatMap(({ program }) => shapesIn(program as unknown as AnyNode, { enums })));
  const codes = declarations.map(({ text }) => parseCell(text) as unknown as AnyNode | undefined);
  return {
    shapes: texts.map((text) => functionShape(text, { enums }) ?? null)
      .map((shape) => shape !== null && written.has(shape) ? shape : null),
    leaving: [...new Set(codes.flatMap((code) => shapesIn(code, { enums })))],
    enums: [...enums],
    names: [...new Set(codes.flatMap(namesIn))],
  };
}

/** A module is another object in a bundle: what it exports is compared. */
function comparedOf(name: string, value: unknown): { readonly value: unknown; readonly expression: string } {
  if (Object.prototype.toString.call(value) !== "[object Module]") return { value, expression: name };
  const all = value as Record<string, unknown>;
  return {
    value: Object.keys(all).sort().map((key) => [key, all[key]]),
    expression: `Object.keys(${name}).sort().map((key) => [key, (${name} as Record<string, unknown>)[key]])`,
  };
}

/** Values; of what is imported, those of the notebook's own files. */
function isCompared({ kind, source }: Declaration): boolean {
  return kind === "import" ? source?.isType === false && /^\.{0,2}\//.test(source.specifier) : kind !== "type";
}

function mayBeState(name: string, value: unknown, declaration: Declaration, wish: TouchedWish): boolean {
  if (typeof value === "function") return true;
  const others = wish.declarations.filter((one) => one !== declaration);
  const codes = [
    ...others.flatMap(({ text }) => parseCell(text) ?? []),
    ...wish.roots.flatMap(({ place }) => place === undefined ? [] : nodesAt(place.run, place.start, place.end)),
  ];
  return codes.some((code) => mayChange(code as unknown as AnyNode, name, value));
}

function nodesAt(run: ParsedRun, start: number, end: number) {
  return parseCell(`(${run.source.slice(start, end)})`) ?? parseCell(`({ method${run.source.slice(start, end)} })`) ??
    [];
}
