import type { Fault } from "../errors.ts";
import type { GraphView } from "../plot/view.ts";

/**
 * The module that a function of a notebook leaves as: what its steps use, and nothing else. In a notebook it shows itself below the
 * cell.
 */
export class SlicedModule {
  /** The name of the function. */
  readonly name: string;
  /** The module, in TypeScript; its default export is the function. */
  readonly text: string;
  /** The function as data. */
  readonly document: object;
  /** What is drawn of its graph. */
  readonly view: GraphView;
  /** Folder of the notebook, a `file:` URL that ends in a slash: what relative imports are relative to. */
  readonly directory: string;
  /** What its functions are where each runs by itself, and what keeps them from running. */
  readonly units: {
    readonly whole: readonly Fault[];
    readonly apart: readonly Fault[];
    readonly feeds: readonly object[];
  };
  /** What the notebook has under the names that leave: whoever bundles looks whether the module makes the same. */
  readonly values: { readonly values: readonly object[]; readonly answers: string };

  /** Made by `fn.code()`. */
  constructor(parts: {
    name: string;
    text: string;
    document: object;
    view: GraphView;
    directory: string;
    units?: SlicedModule["units"];
    values?: SlicedModule["values"];
  }) {
    this.name = parts.name;
    this.text = parts.text;
    this.document = parts.document;
    this.view = parts.view;
    this.directory = parts.directory;
    this.units = parts.units ?? { whole: [], apart: [], feeds: [] };
    this.values = parts.values ?? { values: [], answers: "" };
  }

  /** The module's text. */
  toString(): string {
    return this.text;
  }

  /** Shows the text in a terminal. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.text;
  }

  /** Shows the text when it is the last value of a notebook cell. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    const fence = "`".repeat(Math.max(3, ...(this.text.match(/`+/g) ?? []).map(({ length }) => length + 1)));
    return { "text/plain": this.text, "text/markdown": `${fence}typescript\n${this.text}${fence}` };
  }
}
