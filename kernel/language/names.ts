/** Which names a piece of code binds. */
import { type Decorator, type Directive, type Program, type Statement, Visitor } from "oxc-parser";
import { bindingNames } from "../../lib/scope/declared_names.ts";

function add(node: Statement | Directive, names: Set<string>): void {
  if ("declare" in node && node.declare) return;
  switch (node.type) {
    case "VariableDeclaration":
      for (const each of node.declarations) bindingNames(each.id, names);
      return;
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      if (node.id) names.add(node.id.name);
      return;
    case "TSModuleDeclaration":
      if (node.id.type === "Identifier") names.add(node.id.name);
      return;
    case "ImportDeclaration":
      if (node.importKind === "type") return;
      for (const each of node.specifiers) {
        if (each.type !== "ImportSpecifier" || each.importKind !== "type") names.add(each.local.name);
      }
      return;
    case "ExportNamedDeclaration":
      if (node.declaration) add(node.declaration as Statement, names);
      return;
    case "ExportDefaultDeclaration":
      if (node.declaration.type === "FunctionDeclaration" || node.declaration.type === "ClassDeclaration") {
        add(node.declaration as Statement, names);
      }
  }
}

/** Names the values that a program declares at its top level, in the order of the text, each once. */
export function declaredBy(program: Program): string[] {
  const names = new Set<string>();
  for (const statement of program.body) add(statement, names);
  return [...names];
}

/** Whether a program decorates anything. */
export function hasDecorators(program: Program): boolean {
  let found = false;
  new Visitor({ Decorator: (_node: Decorator) => void (found = true) }).visit(program);
  return found;
}
