/** What each statement of a cell's script becomes, so that cells share names and may declare them again. */
import type MagicString from "magic-string";
import {
  type Class,
  type ImportDeclaration,
  type ImportExpression,
  type MetaProperty,
  type Program,
  type Statement,
  type StringLiteral,
  type VariableDeclaration,
  Visitor,
} from "oxc-parser";
import type { RewriteOptions } from "./rewrite.ts";

/** Makes a relative specifier absolute: evaluated code has no base of its own. */
function resolve(specifier: string, directory: string): string {
  return /^\.{0,2}\//.test(specifier) ? new URL(specifier, directory).href : specifier;
}

function importCall(source: StringLiteral, attributes: string, options: RewriteOptions): string {
  return `await import(${JSON.stringify(resolve(source.value, options.directory))}${attributes})`;
}

function attributesOf(node: Pick<ImportDeclaration, "attributes">, script: string): string {
  if (node.attributes.length === 0) return "";
  const pairs = node.attributes.map((each) => `${script.slice(each.key.start, each.key.end)}:${each.value.raw}`);
  return `,{with:{${pairs.join()}}}`;
}

function importText(node: ImportDeclaration, script: string, options: RewriteOptions): string {
  const call = importCall(node.source, attributesOf(node, script), options);
  const whole = node.specifiers.find((each) => each.type === "ImportNamespaceSpecifier");
  const parts = node.specifiers.flatMap((each) => {
    if (each.type === "ImportNamespaceSpecifier") return [];
    if (each.type === "ImportDefaultSpecifier") return [`default:${each.local.name}`];
    return [`${script.slice(each.imported.start, each.imported.end)}:${each.local.name}`];
  });
  if (node.specifiers.length === 0) return `${call};`;
  if (whole === undefined) return `var {${parts.join()}}=${call};`;
  return `var ${whole.local.name}=${call}${parts.length ? `,{${parts.join()}}=${whole.local.name}` : ""};`;
}

/** Where `let`, `const`, `using` or `await using` ends: what is used is kept for the next cells, so it is not disposed. */
function keywordEnd({ start, kind, declarations: [first] }: VariableDeclaration, script: string): number {
  if (kind !== "await using") return start + kind.length;
  return script.lastIndexOf("using", (first?.id.start ?? start) - 1) + "using".length;
}

/** Edits one script. */
class StatementRewriter {
  readonly #script: string;
  readonly #edited: MagicString;
  readonly #options: RewriteOptions;

  constructor(edited: MagicString, options: RewriteOptions) {
    this.#script = edited.original;
    this.#edited = edited;
    this.#options = options;
  }

  statement(node: Statement): void {
    switch (node.type) {
      case "VariableDeclaration":
        if (node.kind === "var") return;
        this.#edited.overwrite(node.start, keywordEnd(node, this.#script), "var");
        for (const each of node.declarations) {
          if (each.init === null) this.#edited.appendLeft(each.end, "=void 0"); // as a fresh `let`, not as the last cell left it
        }
        return;
      case "ClassDeclaration":
        return this.#class(node);
      case "ImportDeclaration":
        this.#edited.overwrite(node.start, node.end, importText(node, this.#script, this.#options));
        return;
      case "ExportNamedDeclaration":
        if (node.declaration) {
          this.#edited.remove(node.start, node.declaration.start);
          return this.statement(node.declaration as Statement);
        }
        this.#edited.overwrite(
          node.start,
          node.end,
          node.source ? `${importCall(node.source, attributesOf(node, this.#script), this.#options)};` : ";",
        );
        return;
      case "ExportAllDeclaration":
        this.#edited.overwrite(
          node.start,
          node.end,
          `${importCall(node.source, attributesOf(node, this.#script), this.#options)};`,
        );
        return;
      case "ExportDefaultDeclaration":
        this.#edited.remove(node.start, node.declaration.start);
        if (node.declaration.type === "FunctionDeclaration" || node.declaration.type === "ClassDeclaration") {
          if (node.declaration.id) return this.statement(node.declaration as Statement);
          this.#edited.appendLeft(node.declaration.start, "(").appendRight(node.declaration.end, ");");
        }
    }
  }

  #class(node: Class): void {
    if (!node.id) return;
    this.#edited.appendLeft(node.start, `var ${node.id.name}=`).appendRight(node.end, ";");
  }

  expressions(program: Program): void {
    const visit = new Visitor({
      MetaProperty: (node: MetaProperty) => {
        if (node.meta.name === "import") this.#edited.overwrite(node.start, node.end, `${this.#options.engine}.meta`);
      },
      ImportExpression: (node: ImportExpression) => {
        const { source } = node;
        if (source.type === "Literal" && typeof source.value === "string") {
          const specifier = resolve(source.value, this.#options.directory);
          if (specifier !== source.value) this.#edited.overwrite(source.start, source.end, JSON.stringify(specifier));
        } else {
          this.#edited.appendLeft(source.start, `${this.#options.engine}.resolve(`).appendRight(source.end, ")");
        }
      },
    });
    visit.visit(program);
  }
}

/** Whether a statement has a value to show. */
export function isValue(statement: Statement): boolean {
  return statement.type === "ExpressionStatement" ||
    statement.type === "ExportDefaultDeclaration" && statement.declaration.type !== "FunctionDeclaration" &&
      statement.declaration.type !== "ClassDeclaration" && statement.declaration.type !== "TSInterfaceDeclaration";
}

/** Hands the value of the last statement to the engine. */
export function returnLast(program: Program, edited: MagicString, options: RewriteOptions): void {
  const last = program.body.findLast((each) => each.type !== "EmptyStatement" && !isEmptyExport(each));
  if (last === undefined || !isValue(last)) return;
  const node = last.type === "ExportDefaultDeclaration"
    ? last.declaration
    : (last as { readonly expression: { readonly start: number; readonly end: number } }).expression;
  edited.appendLeft(node.start, `await ${options.engine}.result((`).prependRight(node.end, "))");
}

/** `export {}`, which the transformer puts behind a script of which it took every import, since all were of types. */
function isEmptyExport(statement: Statement): boolean {
  return statement.type === "ExportNamedDeclaration" && statement.declaration === null &&
    statement.specifiers.length === 0;
}

/** Edits the script of a cell in place. */
export function rewriteStatements(program: Program, edited: MagicString, options: RewriteOptions): void {
  const rewriter = new StatementRewriter(edited, options);
  for (const statement of program.body) rewriter.statement(statement);
  rewriter.expressions(program);
}
