/** Finds how a value of a notebook can be written in a module: by its name, by an import, or as the text that made it. */
import { pathToFileURL } from "node:url";
import type { Node } from "oxc-parser";
import { errorFault } from "../graph/fault.ts";
import type { Fault } from "../errors.ts";
import { type AnyNode, children } from "../scope/declared_names.ts";
import { type FreeNames, freeNames } from "../scope/free_names.ts";
import { cellName, functionAt, parseCell, type ParsedRun } from "./cell_code.ts";
import type { DeclarationIndex } from "./declaration_index.ts";
import type { LocatedFunction, NotebookView } from "./notebook.ts";
import type { Root } from "./slice.ts";
import { type Around, heldOf, heritageOf, writeHeld } from "./write_held.ts";

/** A value, written. */
export interface FoundCode {
  /** An expression. */
  readonly text: string;
  /** What it takes from the cells. */
  readonly roots: readonly Root[];
  /** Names of `levada` that it needs. */
  readonly library: readonly string[];
}

/** What is known where code is looked for. */
export interface Surroundings {
  readonly view: NotebookView;
  readonly runs: readonly ParsedRun[];
  readonly index: DeclarationIndex;
  /** The values of the cells' names. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** What the library exports. */
  readonly library: Readonly<Record<string, unknown>>;
  readonly faults: Fault[];
}

const NOTHING: FoundCode = { text: "undefined", roots: [], library: [] };

/** Finds one value; `user` is who uses it, for messages. What cannot be found is a fault, and written as nothing. */
export async function findCode(
  value: unknown,
  { user, step }: { user: string; step?: string | undefined },
  surroundings: Surroundings,
  around: Around = new Map(),
): Promise<FoundCode> {
  const { index, globals, library, faults } = surroundings;
  const name = [(value as { name?: string }).name ?? "", ...index.names].find((name) =>
    index.latest(name) !== undefined && globals[name] === value
  );
  if (name !== undefined) return { text: name, roots: [{ user, step, free: useOf(name) }], library: [] };
  const exported = Object.entries(library).find(([, one]) => one === value)?.[0];
  if (exported !== undefined) return { text: exported, roots: [], library: [exported] };
  const fault = (cause: string, cure: string) => {
    faults.push(errorFault(cause, cure, step));
    return NOTHING;
  };
  if (typeof value !== "function") {
    return fault(
      `${user} uses a value that no cell has a name for`,
      `Declare it as a constant at the top level of a cell`,
    );
  }
  let located: LocatedFunction;
  try {
    located = await surroundings.view.locate(value);
  } catch (error) {
    return fault(
      `${user} uses "${value.name}", whose source nobody knows: ${error instanceof Error ? error.message : error}`,
      `Use a function of a cell`,
    );
  }
  return await writeFunction(value, located, { user, step, around }, surroundings);
}

async function writeFunction(
  value: { readonly name: string },
  located: LocatedFunction,
  { user, step, around }: { user: string; step: string | undefined; around: Around },
  surroundings: Surroundings,
): Promise<FoundCode> {
  const { runs, index, faults } = surroundings;
  const run = runs.findLast(({ id, execution }) => id === located.cell && execution === located.execution);
  const fault = (cause: string, cure: string) => {
    faults.push(errorFault(cause, cure, step));
    return NOTHING;
  };
  if (run === undefined) {
    return located.file === null
      ? fault(`${user} uses "${value.name}" of a cell that the kernel does not know`, `Run the cells again`)
      : await writeImport(value, located.file, { user, step }, surroundings);
  }
  const node = located.line === null ? undefined : functionAt(run, located.line, located.column!);
  const old = run.declarations.find(({ start, value }) => start === node?.start || value?.start === node?.start);
  if (node !== undefined && old !== undefined) {
    const [name = ""] = old.names; // a declaration of its own, and not what the name now stands for
    if (index.latest(name)?.text === old.text) {
      return { text: name, roots: [{ user, step, free: useOf(name) }], library: [] };
    }
    const now = index.latest(name)!.run;
    return fault(
      `it holds "${name}" as ${cellName(run)} declared it, and ${cellName(now)} has declared that anew since`,
      `Run the cell that builds the graph again`,
    );
  }
  const written = node === undefined ? textOf(value) : expressionOf(node, run);
  const home = node !== undefined && needsHome(node, written) ? homeOf(value, surroundings) : undefined;
  if (home !== undefined) return { text: home.text, roots: [{ user, step, free: useOf(home.name) }], library: [] };
  if (written === undefined || (node !== undefined && hasInsides(node))) {
    return fault(`${user} uses "${value.name}", which cannot stand alone`, `Make it a top-level function of a cell`);
  }
  const { text, free } = written;
  const root: Root = {
    user,
    step,
    free,
    ...(node === undefined ? {} : { place: { run, start: node.start, end: node.end } }),
  };
  const itself: { name?: string } = {};
  const within = { user, step, around: new Map([...around, [value, itself] as const]) };
  const held = heldOf(root, { ...located.captured, ...heritageOf(node, value, run) });
  const named = held.length === 0 ? undefined : homeOf(value, surroundings); // what others share with it stays one thing
  if (named !== undefined) return { text: named.text, roots: [{ user, step, free: useOf(named.name) }], library: [] };
  return await writeHeld({ text, root, run, node, itself, held }, within, surroundings, findCode);
}

/** A function of a file: by the name under which the file exports it. */
async function writeImport(
  value: { readonly name: string },
  file: string,
  { user, step }: { user: string; step: string | undefined },
  { faults }: Surroundings,
): Promise<FoundCode> {
  const exports = await import(file) as Record<string, unknown>;
  const name = Object.keys(exports).find((key) => exports[key] === value);
  if (name !== undefined) {
    const folder = `${pathToFileURL(Deno.cwd()).href}/`;
    const specifier = file.startsWith(folder) ? `./${file.slice(folder.length)}` : file;
    return { text: `(await import(${JSON.stringify(specifier)})).${name}`, roots: [], library: [] };
  }
  faults.push(errorFault(
    `${user} uses "${value.name}" of ${file}, which does not export it`,
    `Export it there, or serve that file as a module`,
    step,
  ));
  return NOTHING;
}

/** The use of one name. */
export function useOf(name: string): FreeNames {
  return {
    uses: [{ name, start: 0, end: 0, isType: false, isLater: false, isShorthand: false }],
    writes: [],
  };
}

/** Whether a function is another one where it stands alone: it uses what is its class's or object's, or `this` from around it. */
function needsHome(node: AnyNode, written: { free: FreeNames } | undefined): boolean {
  return hasInsides(node) || written?.free.uses.some(({ name }) => name === "this") === true;
}

/** Whether code uses `super` or private names of a class around it. */
function hasInsides(node: AnyNode): boolean {
  return node.type === "Super" || node.type === "PrivateIdentifier" ||
    (!node.type.startsWith("Class") && children(node).some(hasInsides));
}

/** Where a function is a property of what a cell has a name for. */
function homeOf(value: unknown, { index, globals, library }: Surroundings): { name: string; text: string } | undefined {
  for (const name of index.names) {
    const home = globals[name];
    if ((typeof home !== "object" && typeof home !== "function") || home === null) continue;
    if (Object.values(library).includes(home.constructor)) continue; // a graph holds its steps
    for (
      const [path, owner] of [[name, home], [`${name}.prototype`, (home as { prototype?: object }).prototype]] as const
    ) {
      const own = Object.entries(Object.getOwnPropertyDescriptors(owner ?? {}));
      const key = own.find(([key, property]) => property.value === value && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key))
        ?.[0];
      if (key !== undefined) return { name, text: `${path}.${key}` };
    }
  }
  return undefined;
}

/** The text of a function of a cell as an expression; undefined where it is a method, which has no text of its own. */
function expressionOf(node: AnyNode, { source }: ParsedRun): { text: string; free: FreeNames } | undefined {
  const text = source.slice(node.start, node.end);
  const free = freeNames(node as unknown as Node);
  if (node.type !== "FunctionExpression" || /^(async\s+)?function\b/.test(text)) return { text, free };
  const kind = `${node.async === true ? "async " : ""}${node.generator === true ? "*" : ""}`;
  return { text: `({ ${kind}method${text} }).method`, free };
}

/** The text that V8 ran, where the cell's own place is not known. */
function textOf(value: unknown): { text: string; free: FreeNames } | undefined {
  const code = String(value);
  for (const text of [`(${code})`, `Object.values({ ${code} })[0]`]) {
    const program = parseCell(text);
    if (program !== undefined && !code.includes("__levada_engine__")) return { text, free: freeNames(program) };
  }
  return undefined;
}
