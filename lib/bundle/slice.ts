/** Takes out of the cells of a notebook what a function's steps use, transitively, and nothing else. */
import type { Fault } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { FreeNames } from "../scope/free_names.ts";
import { cellName, type Declaration, type ParsedRun } from "./cell_code.ts";
import { DeclarationIndex } from "./declaration_index.ts";
import { findChanges } from "./find_changes.ts";
import { inOrder } from "./in_order.ts";

/** A piece of code that the slice begins with: what a step uses. */
export interface Root {
  /** Who uses it, for messages: `step "x"`. */
  readonly user: string;
  readonly step?: string | undefined;
  /** The names that it takes from the cells. */
  readonly free: FreeNames;
  /** Where it stands, where it is written in a cell. */
  readonly place?: { readonly run: ParsedRun; readonly start: number; readonly end: number } | undefined;
}

/** What leaves. */
export interface Slice {
  /** In an order in which a module can run them. */
  readonly declarations: readonly Declaration[];
  /** Imports of which only types are used. */
  readonly types: ReadonlySet<Declaration>;
}

/** What the slice is made with. */
export interface SliceOptions {
  /** Whether a name that no cell declares is there in every program, `console`. */
  readonly isGlobal: (name: string) => boolean;
}

/**
 * Slices.
 *
 * @param runs Every run of every cell, in order.
 * @returns The declarations, and every reason why they cannot leave.
 */
export function sliceCells(
  runs: readonly ParsedRun[],
  roots: readonly Root[],
  options: SliceOptions,
): Slice & { readonly faults: readonly Fault[] } {
  const slicer = new Slicer(runs, options);
  for (const root of roots) slicer.follow(root);
  const declarations = [...slicer.values];
  slicer.faults.push(...findChanges(runs, declarations, roots));
  return { declarations: inOrder(declarations, slicer.index), types: slicer.typesOnly, faults: slicer.faults };
}

interface User {
  readonly user: string;
  readonly step?: string | undefined;
  readonly free: FreeNames;
  /** The declaration that uses, where it is one. */
  readonly declaration?: Declaration | undefined;
}

class Slicer {
  readonly faults: Fault[] = [];
  readonly index: DeclarationIndex;
  readonly values = new Set<Declaration>();
  readonly #types = new Set<Declaration>();
  readonly #options: SliceOptions;
  readonly #told = new Set<string>();

  constructor(runs: readonly ParsedRun[], options: SliceOptions) {
    this.index = new DeclarationIndex(runs);
    this.#options = options;
  }

  /** What is imported or declared for types alone. */
  get typesOnly(): Set<Declaration> {
    return new Set([...this.values].filter((declaration) => this.#types.has(declaration)));
  }

  follow({ user, step, free, declaration }: User): void {
    for (const { name, isType, isLater } of free.uses) {
      if (declaration?.names.includes(name) === true) continue;
      const found = this.index.latest(name);
      if (found === undefined) {
        if (!isType) this.#missing(name, { user, step });
        continue;
      }
      if (isType) {
        this.#takeType(found);
        continue;
      }
      this.#check(name, found, { user, step, declaration, isLater });
      this.#types.delete(found);
      this.#take(found, step);
    }
  }

  #take(found: Declaration, step: string | undefined): void {
    if (this.values.has(found)) return;
    this.values.add(found);
    for (const name of found.names) {
      const now = this.index.latest(name)!;
      if (now === found) continue;
      const others = found.names.filter((one) => one !== name).map((one) => `"${one}"`).join(", ");
      this.#fault(
        `${cellName(found.run)} declares "${name}" together with ${others}, and ${
          cellName(now.run)
        } declares "${name}" anew`,
        `Name one of them otherwise, or declare what is used apart: a module has each name once`,
        step,
      );
    }
    const user = `"${found.names[0]}" in ${cellName(found.run)}`;
    this.follow({ user, step, free: found.free, declaration: found });
  }

  /** A type comes along where it is nothing but a type; a value that only types name stays. */
  #takeType(found: Declaration): void {
    if (this.values.has(found) || (found.kind !== "type" && found.kind !== "import")) return;
    this.#types.add(found);
    this.values.add(found);
    this.follow({ user: "", free: found.free, declaration: found });
  }

  #missing(name: string, { user, step }: { user: string; step: string | undefined }): void {
    if (name === "this") {
      return this.#fault(
        `${user} uses "this" of what stands around it, which is nothing in a module`,
        `Name what is meant: globalThis, or an object`,
        step,
      );
    }
    if (name === "eval") {
      return this.#fault(`${user} uses "eval", in whose text no names are seen`, `Write the code out`, step);
    }
    if (this.#options.isGlobal(name)) return;
    this.#fault(
      `${user} uses "${name}", which no cell declares`,
      `Declare it at the top level of a cell, or import it there, and run that cell`,
      step,
    );
  }

  /** What is taken must be what the notebook has: the newest, and what was computed of it must be of the newest. */
  #check(
    name: string,
    found: Declaration,
    { user, step, declaration, isLater }: Omit<User, "free"> & { readonly isLater: boolean },
  ): void {
    if (this.index.isGone(name)) {
      this.#fault(
        `${user} uses "${name}", which ${cellName(found.run)} declared when it ran before, and does not any more`,
        `Declare it in a cell, and run that cell`,
        step,
      );
    }
    if (declaration === undefined || isLater || found.run.index <= declaration.run.index) return;
    const then = this.index.at(name, declaration.run.index);
    if (then !== undefined && then.text === found.text) return;
    this.#fault(
      `${user} was made of "${name}" before ${cellName(found.run)} declared that anew`,
      `Run ${cellName(declaration.run)} again`,
      step,
    );
  }

  #fault(cause: string, cure: string, step: string | undefined): void {
    if (this.#told.has(cause)) return;
    this.#told.add(cause);
    this.faults.push(errorFault(cause, cure, step));
  }
}
