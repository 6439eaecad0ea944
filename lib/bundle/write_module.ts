/** Writes what was sliced as a module. */
import { cellName, type Declaration } from "./cell_code.ts";
import type { FoundCode } from "./find_code.ts";
import type { Slice } from "./slice.ts";

/** What the module is made of. */
export interface ModuleParts {
  readonly slice: Slice;
  /** The modules that are imported for their effects alone. */
  readonly effects: readonly string[];
  /** The function as data. */
  readonly document: object;
  /** The code of its graph, by ref. */
  readonly code: ReadonlyMap<string, FoundCode>;
  /** The tables that were handed in, by name: arguments of `addTable`. */
  readonly tables: ReadonlyMap<string, FoundCode>;
  /** The schemas of its graph, by what they are called there. */
  readonly schemas: ReadonlyMap<string, FoundCode>;
}

const FUNCTION = "ServingFunction";

/** The text of a module whose default export is the function. */
export function writeModule({ slice, effects, document, code, tables, schemas }: ModuleParts): string {
  const { declarations, types } = slice;
  const taken = new Set(declarations.flatMap(({ names }) => names));
  const imports = declarations.filter(({ kind }) => kind === "import");
  const found = [...code.values(), ...tables.values(), ...schemas.values()];
  const library = new Set(found.flatMap((one) => one.library));
  const alias = taken.has(FUNCTION) ? `Levada${FUNCTION}` : FUNCTION;
  return [
    ...new Set(effects.map((effect) => `import ${effect};`)), // before the others, which may need them
    ...importLines(imports, types, [
      taken.has(FUNCTION) ? `${FUNCTION} as ${alias}` : FUNCTION,
      ...[...library].filter((name) => !taken.has(name)),
    ]),
    ...bodyLines(declarations.filter(({ kind }) => kind !== "import")),
    "",
    `export default ${alias}.fromJSON(${JSON.stringify(document, undefined, 2)}, new Map<string, unknown>([${
      [...code].map(([ref, { text }]) => `\n  [${JSON.stringify(ref)}, ${text}],`).join("")
    }\n])${optionsOf(schemas, tables)});`,
    "",
  ].join("\n");
}

function optionsOf(schemas: ReadonlyMap<string, FoundCode>, tables: ReadonlyMap<string, FoundCode>): string {
  const parts = [
    ...[...schemas].map(([name, { text }]) => `${name}: ${text}`),
    ...tables.size === 0
      ? []
      : [`tables: { ${[...tables].map(([name, { text }]) => `${JSON.stringify(name)}: ${text}`).join(", ")} }`],
  ];
  return parts.length === 0 ? "" : `, { ${parts.join(", ")} }`;
}

/** One line for each module and each kind of import. */
function importLines(
  imports: readonly Declaration[],
  types: ReadonlySet<Declaration>,
  own: readonly string[],
): string[] {
  const groups = new Map<string, { isType: boolean; parts: string[]; from: string }>();
  const add = (isType: boolean, part: string, from: string) => {
    const lone = part.startsWith("{") ? "" : part; // a default or a namespace stands on a line of its own
    const key = `${isType} ${from} ${lone}`;
    const group = groups.get(key) ?? { isType, parts: [], from };
    group.parts.push(part);
    groups.set(key, group);
  };
  for (const name of own) add(false, `{${name}`, `"levada"`);
  for (const declaration of imports) {
    const { specifier, attributes, isType } = declaration.source!;
    const isBraced = !/^\*/.test(declaration.text) && declaration.isNamed === true;
    const part = isBraced ? `{${declaration.text}` : declaration.text;
    add(isType || types.has(declaration), part, `${JSON.stringify(specifier)}${attributes}`);
  }
  return [...groups.values()].map(({ isType, parts, from }) => {
    const names = parts[0]!.startsWith("{") ? `{ ${parts.map((part) => part.slice(1)).join(", ")} }` : parts[0];
    return `import ${isType ? "type " : ""}${names} from ${from};`;
  });
}

/** The declarations, each behind the name of its cell. */
function bodyLines(declarations: readonly Declaration[]): string[] {
  return declarations.flatMap((declaration, index) => {
    const isNew = declarations[index - 1]?.run !== declaration.run;
    return [...isNew ? ["", `// ${cellName(declaration.run)}`] : [], declaration.text];
  });
}
