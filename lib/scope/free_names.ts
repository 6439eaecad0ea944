/** Which names a piece of TypeScript takes from outside of it, and which of them it changes. */
import type { Node } from "oxc-parser";
import { type AnyNode, children, declareHoisted, declareIn } from "./declared_names.ts";

/** A name that a piece of code takes from outside, `this` among them. */
export interface Use {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Only types name it: nothing of it is there when the code runs. */
  readonly isType: boolean;
  /** It stands in a function that runs later, if ever; not in one that is called, or handed to a call, at once. */
  readonly isLater: boolean;
  /** `{ name }` in an object: another name for it has to be written behind a colon. */
  readonly isShorthand: boolean;
}

/** A change of a name from outside. */
export interface Write {
  readonly name: string;
  readonly start: number;
  /** What is changed: the binding, or something of the value that it holds. */
  readonly what: "binding" | "value";
  /** As for a use. */
  readonly isLater: boolean;
}

/** What a piece of code does with names from outside. */
export interface FreeNames {
  readonly uses: readonly Use[];
  readonly writes: readonly Write[];
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly parent: Scope | undefined;
}

interface Where {
  readonly scope: Scope | undefined;
  readonly isType: boolean;
  readonly isLater: boolean;
  /** The function that is visited next runs at once, as far as anybody knows. */
  readonly isCalled?: boolean;
}

/** The names that a node of the syntax tree takes from outside of it; `own` are those that it declares where it stands. */
export function freeNames(node: Node, own: Iterable<string> = []): FreeNames {
  const finder = new Finder();
  const scope = { names: new Set(own), parent: undefined };
  finder.visit(node as unknown as AnyNode, { scope, isType: false, isLater: false });
  return { uses: finder.uses, writes: finder.writes };
}

/**
 * Where names stand, by their start, that a node of the syntax tree declares in itself; each with the scope that declares it. `own` are
 * those that it declares where it stands.
 */
export function boundNames(node: Node, own: Iterable<string> = []): ReadonlyMap<number, object> {
  const finder = new Finder();
  const scope = { names: new Set(own), parent: undefined };
  finder.visit(node as unknown as AnyNode, { scope, isType: false, isLater: false });
  return finder.bound;
}

/** Parts of a node that are names without being uses: what a label, a property or a parameter is called. */
const NOT_USES: Readonly<Record<string, readonly string[]>> = {
  BreakStatement: ["label"],
  ContinueStatement: ["label"],
  ImportDeclaration: ["specifiers", "source", "attributes"],
  JSXAttribute: ["name"],
  LabeledStatement: ["label"],
  MetaProperty: ["meta", "property"],
  TSEnumDeclaration: ["id"],
  TSImportEqualsDeclaration: ["id"],
  TSImportType: ["qualifier", "options"],
  TSInterfaceDeclaration: ["id"],
  TSModuleDeclaration: ["id"],
  TSNamedTupleMember: ["label"],
  TSTypeAliasDeclaration: ["id"],
  TSTypeParameter: ["name"],
  TSTypePredicate: ["parameterName"],
};
/** Nodes with a name of their own, which counts as a use only where it is computed: `[name]`. */
const KEYED = new Set([
  "AccessorProperty",
  "MethodDefinition",
  "Property",
  "PropertyDefinition",
  "TSAbstractMethodDefinition",
  "TSAbstractPropertyDefinition",
  "TSEnumMember",
  "TSMethodSignature",
  "TSPropertySignature",
]);
const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const SCOPES = new Set([
  "BlockStatement",
  "CatchClause",
  "ClassDeclaration",
  "ClassExpression",
  "ForInStatement",
  "ForOfStatement",
  "ForStatement",
  "Program",
  "StaticBlock",
  "SwitchStatement",
  "TSConditionalType",
  "TSConstructorType",
  "TSDeclareFunction",
  "TSEmptyBodyFunctionExpression",
  "TSEnumBody",
  "TSFunctionType",
  "TSInterfaceDeclaration",
  "TSMappedType",
  "TSMethodSignature",
  "TSModuleBlock",
  "TSTypeAliasDeclaration",
  ...FUNCTIONS,
]);

class Finder {
  readonly uses: Use[] = [];
  readonly writes: Write[] = [];
  readonly bound = new Map<number, Scope>();

  visit(node: AnyNode, where: Where): void {
    const within = SCOPES.has(node.type) ? { ...where, scope: { names: namesOf(node), parent: where.scope } } : where;
    switch (node.type) {
      case "Identifier":
        this.#use(node, where);
        return this.#each(node, where, ["typeAnnotation", "decorators"]);
      case "ThisExpression":
        return this.#use({ ...node, name: "this" }, where);
      case "JSXIdentifier":
        if (/^[\p{Lu}$_]/u.test(node.name!)) this.#use(node, where);
        return;
      case "JSXMemberExpression": {
        const root = node.object as AnyNode;
        return root.type === "JSXIdentifier" ? this.#use(root, where) : this.visit(root, where);
      }
      case "MemberExpression":
        this.visit(node.object as AnyNode, where);
        if (node.computed === true) this.visit(node.property as AnyNode, where);
        return;
      case "TSQualifiedName":
        return this.visit(node.left as AnyNode, where);
      case "ExportSpecifier":
        return this.visit(node.local as AnyNode, where);
      case "ExportNamedDeclaration":
        return node.source ? undefined : this.#each(node, where, ["declaration", "specifiers"]);
      case "CallExpression":
      case "NewExpression":
        return this.#call(node, where);
      case "AssignmentExpression":
        this.#write(node.left as AnyNode, where);
        break;
      case "UpdateExpression":
        this.#write(node.argument as AnyNode, where);
        break;
      case "UnaryExpression":
        if (node.operator === "delete") this.#write(node.argument as AnyNode, where);
        break;
      case "ForInStatement":
      case "ForOfStatement":
        if ((node.left as AnyNode).type !== "VariableDeclaration") this.#write(node.left as AnyNode, within);
    }
    if (FUNCTIONS.has(node.type)) return this.#function(node, within);
    if (KEYED.has(node.type)) return this.#keyed(node, where, within);
    this.#each(node, { ...within, isType: within.isType || isType(node) });
  }

  /** What is called at once, or handed to a call, runs now as far as anybody knows. */
  #call(node: AnyNode, where: Where): void {
    for (const child of children(node)) {
      const inner = child.type === "ParenthesizedExpression" ? child.expression as AnyNode : child;
      this.visit(inner, FUNCTIONS.has(inner.type) ? { ...where, isCalled: true } : where);
    }
  }

  #function(node: AnyNode, { isCalled = false, ...within }: Where): void {
    const parts = ["decorators", "typeParameters", "params", "returnType", "body"];
    this.#each(node, { ...within, isLater: within.isLater || !isCalled }, parts);
  }

  #keyed(node: AnyNode, where: Where, within: Where): void {
    const ofInstance = /^(PropertyDefinition|AccessorProperty)$/.test(node.type) && node.static !== true;
    if (node.computed === true) this.visit(node.key as AnyNode, where);
    for (const part of children(node)) {
      if (part === node.key) continue;
      this.visit(part, part === node.value && ofInstance ? { ...within, isLater: true } : within);
    }
    if (node.shorthand !== true) return;
    const last = this.uses.findLastIndex(({ start }) => start === node.start);
    if (last >= 0) this.uses[last] = { ...this.uses[last]!, isShorthand: true };
  }

  #each(node: AnyNode, where: Where, only?: readonly string[]): void {
    const not = NOT_USES[node.type] ?? [];
    const own = /^(Function|Class)(Declaration|Expression)$/.test(node.type) ? ["id"] : [];
    for (const child of children(node, [...not, ...own], only)) this.visit(child, where);
  }

  #use(node: AnyNode, { scope, isType, isLater }: Where): void {
    const { name = "", start, end } = node;
    const binding = bindingScope(name, scope);
    if (binding === undefined) this.uses.push({ name, start, end, isType, isLater, isShorthand: false });
    else this.bound.set(start, binding);
  }

  #write(target: AnyNode, { scope, isLater }: Where): void {
    for (const { name, start, what } of targetsOf(target)) {
      if (bindingScope(name, scope) === undefined) this.writes.push({ name, start, what, isLater });
    }
  }
}

function bindingScope(name: string, scope: Scope | undefined): Scope | undefined {
  for (let at = scope; at !== undefined; at = at.parent) if (at.names.has(name)) return at;
  return undefined;
}

function namesOf(node: AnyNode): Set<string> {
  const names = new Set<string>();
  declareIn(node, names);
  if (FUNCTIONS.has(node.type) || node.type === "Program" || node.type === "StaticBlock") declareHoisted(node, names);
  return names;
}

/** Whether everything below a node is a type. */
function isType({ type }: AnyNode): boolean {
  return type.startsWith("TS") &&
    !/^TS(AsExpression|SatisfiesExpression|NonNullExpression|TypeAssertion|InstantiationExpression|ParameterProperty|EnumDeclaration|EnumBody|EnumMember|ImportEqualsDeclaration|ModuleDeclaration|ModuleBlock|ExportAssignment|Abstract\w+)$/
      .test(type);
}

/** What an assignment changes: names, or something behind names. */
function targetsOf(target: AnyNode): { name: string; start: number; what: Write["what"] }[] {
  switch (target.type) {
    case "Identifier":
      return [{ name: target.name!, start: target.start, what: "binding" }];
    case "MemberExpression": {
      let root = target;
      while (
        root.type === "MemberExpression" || root.type === "TSNonNullExpression" || root.type === "TSAsExpression"
      ) {
        root = (root.object ?? root.expression) as AnyNode;
      }
      return root.type === "Identifier" ? [{ name: root.name!, start: target.start, what: "value" }] : [];
    }
    case "AssignmentPattern":
      return targetsOf(target.left as AnyNode);
    case "Property":
      return targetsOf(target.value as AnyNode);
    case "ArrayPattern":
    case "ObjectPattern":
    case "RestElement":
      return children(target).flatMap(targetsOf);
    default:
      return [];
  }
}
