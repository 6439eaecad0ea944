/** The cells of a notebook, taken apart into what they declare. */
import { type ImportDeclaration, parseSync, type Program, type Statement } from "oxc-parser";
import { type AnyNode, bindingNames, children } from "../scope/declared_names.ts";
import { type FreeNames, freeNames } from "../scope/free_names.ts";
import type { CellRun } from "./notebook.ts";

/** One thing that a cell declares: a function, a class, a type, one variable or pattern, one imported name. */
export interface Declaration {
  readonly kind: "import" | "function" | "class" | "variable" | "type";
  readonly names: readonly string[];
  readonly run: ParsedRun;
  readonly start: number;
  readonly end: number;
  /** As it would stand in a module; of an import only its one specifier. */
  readonly text: string;
  readonly free: FreeNames;
  /** Of an import. */
  readonly source?: ImportSource;
  /** Of an import that stands in braces. */
  readonly isNamed?: boolean;
  /** What a variable begins as: its type, such as `ArrayExpression`, and where it stands. */
  readonly value?: { readonly type: string; readonly start: number };
}

/** Where an import comes from. */
export interface ImportSource {
  readonly specifier: string;
  /** ` with { type: "json" }`, or nothing. */
  readonly attributes: string;
  readonly isType: boolean;
}

/** One run of a cell, parsed. */
export interface ParsedRun extends CellRun {
  /** Its place among all runs. */
  readonly index: number;
  readonly program: Program;
  /** What it declares at its top level. */
  readonly declarations: readonly Declaration[];
  /** The modules that it imports for their effects alone: their specifiers, with attributes. */
  readonly effects: readonly string[];
  /** Everything else that stands at its top level. */
  readonly statements: readonly { readonly start: number; readonly end: number; readonly free: FreeNames }[];
}

/** How a cell is called in messages. */
export function cellName({ execution }: CellRun): string {
  return `cell [${execution}]`;
}

/** Parses a run; undefined for one that is not TypeScript, which has done nothing. */
export function parseRun(run: CellRun, index: number): ParsedRun | undefined {
  const program = parseCell(run.source);
  if (program === undefined) return undefined;
  const declarations: Declaration[] = [];
  const statements: { start: number; end: number; free: FreeNames }[] = [];
  const effects: string[] = [];
  const parsed: ParsedRun = { ...run, index, program, declarations, effects, statements };
  for (const statement of program.body) {
    const inner = unexported(statement);
    const found = inner === undefined ? [] : declarationsOf(inner, parsed);
    for (const one of found) {
      const opened = OPEN.has(inner!.type) ? declarations.findIndex(({ names }) => names.includes(one.names[0]!)) : -1;
      if (opened < 0) declarations.push(one);
      else declarations[opened] = opensMore(declarations[opened]!, one);
    }
    if (found.length > 0) continue;
    if (inner?.type === "ImportDeclaration") {
      if (inner.importKind !== "type") {
        effects.push(`${JSON.stringify(inner.source.value)}${attributesOf(inner, run.source)}`);
      }
    } else {
      statements.push({ start: statement.start, end: statement.end, free: freeNames(statement) });
    }
  }
  return parsed;
}

/** Parses code as cells are: with JSX where that can be. A cell that is an object in braces declares nothing. */
export function parseCell(source: string): Program | undefined {
  for (const lang of ["tsx", "ts"] as const) {
    const { program, errors } = parseSync(`cell.${lang}`, source, { lang, sourceType: "module" });
    if (!errors.some(({ severity }) => severity === "Error")) return program;
  }
  return undefined;
}

/** What may be declared in several pieces: namespaces and enums, a namespace also of a function or a class. */
const OPEN = new Set<string>(["TSModuleDeclaration", "TSEnumDeclaration"]);

function opensMore(declared: Declaration, more: Declaration): Declaration {
  const { uses, writes } = declared.free;
  return {
    ...declared,
    text: `${declared.text}\n${more.text}`,
    free: { uses: [...uses, ...more.free.uses], writes: [...writes, ...more.free.writes] },
  };
}

function unexported(statement: Statement): Statement | undefined {
  if (statement.type !== "ExportNamedDeclaration" && statement.type !== "ExportDefaultDeclaration") return statement;
  return statement.declaration as Statement | null ?? undefined;
}

function declarationsOf(node: Statement, run: ParsedRun): Declaration[] {
  const { source } = run;
  const any = node as unknown as AnyNode;
  if (any.declare === true) return [];
  switch (node.type) {
    case "ImportDeclaration":
      return importsOf(node, run);
    case "VariableDeclaration":
      return node.declarations.map((each) => {
        const names = new Set<string>();
        bindingNames(each.id, names);
        const keyword = node.kind === "using" || node.kind === "await using" ? "const" : node.kind;
        const { start, end } = node.declarations.length === 1 ? node : each;
        const text = `${keyword} ${source.slice(each.start, each.end)};`;
        return {
          kind: "variable" as const,
          names: [...names],
          run,
          start,
          end,
          text: node.declarations[0] === each ? `${commentBefore(source, node.start)}${text}` : text,
          free: freeNames(each, names),
          ...each.init === null ? {} : { value: { type: each.init.type, start: each.init.start } },
        };
      });
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return node.id === null ? [] : [whole("function", node, node.id.name, run)];
    case "ClassDeclaration":
      return node.id === null ? [] : [whole("class", node, node.id.name, run)];
    case "TSEnumDeclaration":
      return [whole("variable", node, node.id.name, run)];
    case "TSModuleDeclaration":
      return node.id.type === "Identifier" ? [whole("variable", node, node.id.name, run)] : [];
    case "TSImportEqualsDeclaration":
      return [whole("variable", node, node.id.name, run)];
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [whole("type", node, node.id.name, run)];
    default:
      return [];
  }
}

function whole(kind: Declaration["kind"], node: Statement, name: string, run: ParsedRun): Declaration {
  const { start, end } = node;
  const text = `${commentBefore(run.source, start)}${run.source.slice(start, end)}`;
  return { kind, names: [name], run, start, end, text, free: freeNames(node, [name]) };
}

/** The doc comment of a declaration. */
function commentBefore(source: string, start: number): string {
  return /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.exec(source.slice(0, start))?.[0] ?? "";
}

function importsOf(node: ImportDeclaration, run: ParsedRun): Declaration[] {
  const { source } = run;
  const attributes = attributesOf(node, source);
  return node.specifiers.map((each) => {
    const isType = node.importKind === "type" || (each.type === "ImportSpecifier" && each.importKind === "type");
    return {
      kind: "import" as const,
      names: [each.local.name],
      run,
      start: each.start,
      end: each.end,
      text: source.slice(each.start, each.end).replace(/^type\s+(?=\S)(?!as\b)/, ""),
      free: { uses: [], writes: [] },
      isNamed: each.type === "ImportSpecifier",
      source: {
        specifier: node.source.value,
        attributes,
        isType,
      },
    };
  });
}

function attributesOf(node: ImportDeclaration, source: string): string {
  const attributes = node.attributes.map(({ key, value }) => `${source.slice(key.start, key.end)}: ${value.raw}`);
  return attributes.length === 0 ? "" : ` with { ${attributes.join(", ")} }`;
}

/** A function or class of a cell, and how it can stand as an expression. */
export function functionAt(run: ParsedRun, line: number, column: number): AnyNode | undefined {
  const before = run.source.split("\n").slice(0, line);
  const offset = before.join("\n").length + (line === 0 ? 0 : 1) + column;
  return find(run.program as unknown as AnyNode, offset);
}

function find(node: AnyNode, offset: number): AnyNode | undefined {
  if (node.start === offset && /^(Function|Class)(Declaration|Expression)$|^ArrowFunctionExpression$/.test(node.type)) {
    return node;
  }
  for (const child of children(node)) {
    if (child.start > offset || child.end <= offset) continue;
    const found = find(child, offset);
    if (found !== undefined) return found;
  }
  return undefined;
}
