/** Which names a node of the syntax tree binds for what stands in it. */
import type { BindingPattern } from "oxc-parser";

/** A node of any type, read by the names of its parts. */
export interface AnyNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly [part: string]: unknown;
}

/** Adds every name that a pattern binds, in the order of the text. */
export function bindingNames(pattern: BindingPattern, names: Set<string>): void {
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name);
      return;
    case "AssignmentPattern":
      return bindingNames(pattern.left, names);
    case "ArrayPattern":
      for (const element of pattern.elements) {
        if (element === null) continue;
        bindingNames(element.type === "RestElement" ? element.argument : element, names);
      }
      return;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        bindingNames(property.type === "RestElement" ? property.argument : property.value, names);
      }
  }
}

/** The nodes below a node, in the order of the text as far as parts follow it. */
export function children(node: AnyNode, except: readonly string[] = [], only?: readonly string[]): AnyNode[] {
  const parts = Object.entries(node).filter(([part]) => !except.includes(part) && (only?.includes(part) ?? true));
  return parts.flatMap(([, value]) => Array.isArray(value) ? value : [value]).filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as AnyNode).type === "string" &&
    typeof (value as AnyNode).start === "number";
}

/** Adds what a node binds for what stands in it: parameters, its own name, declarations of its block, loop variables. */
export function declareIn(node: AnyNode, names: Set<string>): void {
  const parts = (...keys: string[]) => children(node, [], keys);
  switch (node.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "TSModuleBlock":
      for (const each of parts("body")) declareStatement(each, names);
      return;
    case "SwitchStatement":
      for (const each of parts("cases").flatMap((one) => children(one, [], ["consequent"]))) {
        declareStatement(each, names);
      }
      return;
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
      for (const each of parts("init", "left")) declareStatement(each, names);
      return;
    case "CatchClause":
      for (const each of parts("param")) bindingNames(each as unknown as BindingPattern, names);
      return;
    case "TSEnumBody":
      for (const { id } of parts("members") as { id?: { name?: string; value?: string } }[]) {
        names.add(id?.name ?? id?.value ?? "");
      }
      return;
    case "TSConditionalType":
      declareInferred(node, names);
      return;
    case "TSMappedType":
      names.add((node.key as AnyNode | undefined)?.name ?? "");
      return;
    default: // functions, classes, types: what is told of them by parts
      if (node.type.endsWith("Expression") && isNode(node.id)) names.add(node.id.name!);
      if (/^(Class|TSInterface|TSTypeAlias)Declaration$/.test(node.type) && isNode(node.id)) names.add(node.id.name!);
      for (const each of parts("params")) declareParameter(each, names);
      for (const each of parts("typeParameters").flatMap((list) => children(list))) {
        names.add((each.name as unknown as AnyNode).name!);
      }
      if (/^(FunctionDeclaration|FunctionExpression)$/.test(node.type)) names.add("arguments");
      if (/^(Function|Class)(Declaration|Expression)$/.test(node.type)) names.add("this");
  }
}

/** Adds what `var` binds anywhere below a function, but not in functions in it. */
export function declareHoisted(node: AnyNode, names: Set<string>): void {
  for (const child of children(node)) {
    if (child.type === "VariableDeclaration" && child.kind === "var") declareStatement(child, names);
    if (/Function|Class/.test(child.type) || child.type.startsWith("TS")) continue;
    declareHoisted(child, names);
  }
}

function declareStatement(node: AnyNode, names: Set<string>): void {
  switch (node.type) {
    case "VariableDeclaration":
      for (const each of children(node, [], ["declarations"])) bindingNames(each.id as BindingPattern, names);
      return;
    case "ImportDeclaration":
      for (const each of children(node, [], ["specifiers"])) names.add((each.local as AnyNode).name!);
      return;
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      if (isNode(node.declaration)) declareStatement(node.declaration, names);
      return;
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSDeclareFunction":
    case "TSEnumDeclaration":
    case "TSModuleDeclaration":
    case "TSImportEqualsDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      if (isNode(node.id) && node.id.type === "Identifier") names.add(node.id.name!);
  }
}

function declareParameter(node: AnyNode, names: Set<string>): void {
  if (node.type === "RestElement") return declareParameter(node.argument as AnyNode, names);
  if (node.type === "TSParameterProperty") return declareParameter(node.parameter as AnyNode, names);
  bindingNames(node as unknown as BindingPattern, names);
}

function declareInferred(node: AnyNode, names: Set<string>): void {
  for (const child of children(node)) {
    if (child.type === "TSInferType") names.add(((child.typeParameter as AnyNode).name as unknown as AnyNode).name!);
    declareInferred(child, names);
  }
}
