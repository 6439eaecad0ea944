import type { Code } from "./operator.ts";

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** Gives each function and class of a graph a name by which its document refers to it. */
export class Refs {
  /** The code by ref. */
  readonly code: Map<string, Code> = new Map();

  /** The ref of a function: its own name, or, without one of its own, the place where it stands. */
  add(code: Code, place: string): string {
    for (const [ref, other] of this.code) if (other === code) return ref;
    const ref = IDENTIFIER.test(code.name) && !this.code.has(code.name) ? code.name : place;
    this.code.set(ref, code);
    return ref;
  }
}
