/** Writes a function with what it captured of the scopes around it. */
import { errorFault } from "../graph/fault.ts";
import { notJson } from "../graph/json.ts";
import type { AnyNode } from "../scope/declared_names.ts";
import { cellName, type ParsedRun } from "./cell_code.ts";
import { hasSecretForm, variableIn } from "./environment_secrets.ts";
import type { findCode, FoundCode, Surroundings } from "./find_code.ts";
import { literalOf } from "./literal_of.ts";
import { mayChangeLater, namesAround } from "./may_change_later.ts";
import type { Root } from "./slice.ts";

/** A name that a function captured, and its value. */
export type Held = readonly [name: string, value: unknown];

/** The functions that are being written, around the one that is looked for; a name where one of them is called by those in it. */
export type Around = ReadonlyMap<unknown, { name?: string }>;

/** A function that is written. */
export interface Holder {
  readonly text: string;
  readonly root: Root;
  readonly run: ParsedRun;
  /** Undefined where the cell's own place is not known. */
  readonly node: AnyNode | undefined;
  readonly itself: { name?: string };
  readonly held: readonly Held[];
}

/** What of the captured values a function uses. */
export function heldOf({ free }: Root, captured: Readonly<Record<string, unknown>>): Held[] {
  const names = new Set(free.uses.filter(({ isType }) => !isType).map(({ name }) => name));
  return Object.entries(captured).filter(([name]) => names.has(name));
}

/** The class that a class of a factory extends: V8 tells what runs later, and a heritage has run. */
export function heritageOf(node: AnyNode | undefined, value: unknown, run: ParsedRun): Record<string, unknown> {
  const name = /^Class/.test(node?.type ?? "") ? (node!.superClass as AnyNode | null)?.name : undefined;
  return name === undefined || !namesAround(node!, run).has(name) ? {} : { [name]: Object.getPrototypeOf(value) };
}

/** Writes it. */
export async function writeHeld(
  { text, root, run, node, itself, held }: Holder,
  { user, step, around }: { user: string; step: string | undefined; around: Around },
  surroundings: Surroundings,
  find: typeof findCode,
): Promise<FoundCode> {
  const own = new Set(held.map(([name]) => name));
  const fault = (cause: string, cure: string) => void surroundings.faults.push(errorFault(cause, cure, step));
  const names = node === undefined ? new Set<string>() : namesAround(node, run);
  for (const { name } of root.free.uses.filter(({ name, isType }) => !isType && names.has(name) && !own.has(name))) {
    fault(
      `${user} uses "${name}" of the scope around it in ${cellName(run)}, whose value nobody knows any more`,
      `Declare it at the top level of a cell`,
    );
  }
  if (held.length === 0) return { text, roots: [root], library: [] };
  const roots: Root[] = [{
    ...root,
    free: {
      uses: root.free.uses.filter(({ name }) => !own.has(name)),
      writes: root.free.writes.filter(({ name }) => !own.has(name)),
    },
  }];
  const library: string[] = [];
  const lines: string[] = [];
  for (const [name, value] of held) {
    const place = `of the scope around it in ${cellName(run)}`;
    if (root.free.writes.some((write) => write.name === name)) {
      fault(`it changes "${name}" ${place}`, `Keep what changes in the step: in a class, or in context.state`);
      continue;
    }
    const outer = around.get(value);
    if (outer !== undefined && (outer.name ?? name) === name) {
      outer.name = name; // it calls itself, or one that it holds calls it
      continue;
    }
    if (typeof value === "function" || isNamed(value, surroundings)) {
      const inner = await find(value, { user: `"${name}" of ${user}`, step }, surroundings, around);
      if (inner.text !== name && own.has(inner.text)) {
        fault(
          `it captured "${name}" ${place}, which a cell calls "${inner.text}", as another value is called there`,
          `Name one of them otherwise`,
        );
      }
      if (inner.text !== name) lines.push(`const ${name} = ${inner.text};`);
      roots.push(...inner.roots);
      library.push(...inner.library);
      continue;
    }
    const unwritable = notJson([value], name);
    const literal = unwritable === undefined ? literalOf(value) : undefined;
    if (literal === undefined) {
      fault(
        `it captured "${name}" from the scope around it in ${cellName(run)}, which is no JSON: ${unwritable ?? name}`,
        `Declare it at the top level of a cell, or make it in open() of a class`,
      );
      continue;
    }
    const variable = variableIn(value, Deno.env.toObject());
    if (variable !== undefined || hasSecretForm(value)) {
      fault(
        variable === undefined
          ? `it captured "${name}" ${place}, which has a secret written out`
          : `it captured "${name}" ${place}, which has the value of the environment's ${variable}`,
        `Read it where the step runs: Deno.env.get("${variable ?? "NAME"}") in the step, or readSecret("${
          variable ?? "NAME"
        }") in its options`,
      );
    } else if (node !== undefined && mayChangeLater(node, run, { name, value })) {
      fault(
        typeof value === "object"
          ? `it captured "${name}" ${place}, and may have changed it, or hands it on: what it began as, nobody knows`
          : `it captured "${name}" ${place}, which another function there changes`,
        `Declare it at the top level of a cell, or keep what changes in the step: in a class, or in context.state`,
      );
    }
    lines.push(`const ${name} = ${literal};`);
  }
  if (itself.name !== undefined) lines.push(`const ${itself.name} = ${text};`);
  if (lines.length === 0) return { text, roots, library };
  return { text: `(() => {\n  ${lines.join("\n  ")}\n  return ${itself.name ?? text};\n})()`, roots, library };
}

/** Whether a value is one that a cell has a name for. */
function isNamed(value: unknown, { index, globals }: Surroundings): boolean {
  return typeof value === "object" && value !== null && [...index.names].some((name) => globals[name] === value);
}
