/** TypeScript as it is typed into a cell → a script that V8 runs in its REPL mode. */
import MagicString from "magic-string";
import { type Comment, type ParseResult, parseSync, type Program, type Statement } from "oxc-parser";
import { type JsxOptions, transformSync } from "oxc-transform";
import { refusedNames } from "./built_ins.ts";
import { lowerDecorators } from "./decorators.ts";
import { type JsxSetting, readPragmas } from "./jsx.ts";
import { isTooDeep, NESTING_AT_MOST } from "./nesting.ts";
import { declaredBy, hasDecorators } from "./names.ts";
import { type Position, positionAt, traceBack } from "./positions.ts";
import { isValue, returnLast, rewriteStatements } from "./statements.ts";

/** A cell that V8 can run. */
export interface RewrittenCell {
  readonly code: string;
  /** Source maps' `mappings` from `code` back to the cell, for `traceBack`. */
  readonly mappings: readonly string[];
  /** The names that the cell declares at its top level, in order, each once. */
  readonly declared: readonly string[];
  /** Columns that line 0 of the source map's source is ahead of the cell's. */
  readonly shift: number;
  /** The setting for the next cell. */
  readonly jsx: JsxSetting;
  /** Where a place in `code` was written in the cell; undefined for code that nobody wrote. */
  origin(position: Position): Position | undefined;
}

/** What a cell is rewritten against. */
export interface RewriteOptions {
  /** Folder of the notebook, a `file:` URL that ends in a slash: what relative imports are relative to. */
  readonly directory: string;
  /** An expression for the object of the engine process that has `result`, `meta` and `resolve`. */
  readonly engine: string;
  /** What the cells before have said about JSX. */
  readonly jsx?: JsxSetting | undefined;
}

/** The cell is not TypeScript. */
export class CellSyntaxError extends SyntaxError {
  override readonly name = "SyntaxError";
  /** Where in the cell. */
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

type Language = "tsx" | "ts";

/** A cell that has been read. */
export interface ReadCell {
  readonly source: string;
  readonly language: Language;
  readonly program: Program;
  readonly comments: readonly Comment[];
  /** 1 when the source has a parenthesis in front that the cell has not. */
  readonly shift: number;
}

function parse(source: string, lang: Language): ParseResult {
  return parseSync(`cell.${lang}`, source, { lang, sourceType: "module", showSemanticErrors: true });
}

function failed(result: ParseResult): boolean {
  return result.errors.some((error) => error.severity === "Error");
}

function isObject(statements: readonly Statement[]): boolean {
  const [first, second] = statements;
  if (first?.type !== "ExpressionStatement" || second !== undefined) return false;
  const expression = first.expression.type === "ParenthesizedExpression"
    ? first.expression.expression
    : first.expression;
  return expression.type === "ObjectExpression";
}

/** Reads a cell; a lone object literal is a value and not a block, `<T>x` is a cast where it cannot be JSX. */
export function readCell(code: string): ReadCell {
  if (isTooDeep(code)) {
    throw new CellSyntaxError(`Nested deeper than ${NESTING_AT_MOST} levels`, { line: 0, column: 0 });
  }
  if (code.trimStart().startsWith("{")) {
    const source = `(${code}\n)`;
    const result = parse(source, "tsx");
    if (!failed(result) && isObject(result.program.body)) {
      return { source, language: "tsx", program: result.program, comments: result.comments, shift: 1 };
    }
  }
  const tsx = parse(code, "tsx");
  if (!failed(tsx)) return { source: code, language: "tsx", program: tsx.program, comments: tsx.comments, shift: 0 };
  const ts = parse(code, "ts");
  if (!failed(ts)) return { source: code, language: "ts", program: ts.program, comments: ts.comments, shift: 0 };
  const [error] = tsx.errors.filter((each) => each.severity === "Error");
  const help = error?.helpMessage ? `. ${error.helpMessage}` : "";
  throw new CellSyntaxError(
    `${error?.message ?? "Invalid code"}${help}`,
    positionAt(code, error?.labels[0]?.start ?? 0),
  );
}

function jsxOptions({ factory, fragment, importSource }: JsxSetting): JsxOptions {
  if (factory !== undefined || fragment !== undefined) {
    return { runtime: "classic", pragma: factory ?? "React.createElement", pragmaFrag: fragment ?? "React.Fragment" };
  }
  return importSource === undefined ? { runtime: "automatic" } : { runtime: "automatic", importSource };
}

/**
 * Rewrites a cell: types go, imports become bindings that the next cell can use and declare again, the last expression
 * is handed to the engine as the result. A semicolon after it does not hide it, because formatters put one there.
 *
 * @throws {CellSyntaxError} If the cell is not TypeScript, or declares a name that all code of its process needs as it is.
 */
export async function rewriteCell(code: string, options: RewriteOptions): Promise<RewrittenCell> {
  const { source, language, program: written, comments, shift } = readCell(code);
  const refused = refusedNames(written, source);
  if (refused !== undefined) throw new CellSyntaxError(refused.message, positionAt(code, refused.start - shift));
  const jsx = readPragmas(comments, options.jsx ?? {});
  const lowered = hasDecorators(written) ? await lowerDecorators(source) : undefined;
  const script = transformSync(`cell.${language}`, lowered?.code ?? source, {
    lang: language,
    sourceType: "module",
    sourcemap: true,
    typescript: { onlyRemoveTypeImports: true },
    jsx: jsxOptions(jsx),
  });
  const [fault] = script.errors.filter((each) => each.severity === "Error");
  if (fault !== undefined) {
    throw new CellSyntaxError(fault.message, positionAt(code, (fault.labels[0]?.start ?? 0) - shift));
  }
  const edited = new MagicString(script.code);
  const { program } = parseSync("cell.js", script.code, { lang: "js", sourceType: "module" });
  rewriteStatements(program, edited, options);
  const last = written.body.findLast((each) => each.type !== "EmptyStatement");
  if (last && isValue(last)) returnLast(program, edited, options);
  const enums = written.body.filter((each) => each.type === "TSEnumDeclaration").map((each) => each.id.name);
  if (enums.length) edited.prepend(`var ${enums.map((name) => `${name}=void 0`).join()};`);
  const declared = declaredBy(written);
  const mappings = [
    edited.generateMap({ hires: "boundary" }).mappings,
    script.map?.mappings ?? "",
    ...lowered ? [lowered.mappings] : [],
  ];
  const trace = traceBack(mappings);
  return {
    code: edited.toString(),
    mappings,
    declared,
    shift,
    jsx,
    origin(position) {
      const place = trace(position);
      return place && place.line === 0 ? { line: 0, column: Math.max(0, place.column - shift) } : place;
    },
  };
}
