import { GraphError } from "../../lib/errors.ts";
import { compile, type CompileOptions } from "../../lib/graph/compile.ts";
import { sourceOf } from "../../lib/graph/source.ts";

/** The lines of a graph "g" with one fault. */
export function oneFault(line: string): string[] {
  return [`Cannot compile graph "g": 1 fault`, `  ${line}`];
}

/** What a graph's user reads when it is compiled: the faults, or the warnings; places in files are cut to `PLACE`. */
export function faultLines(graph: object, options: CompileOptions = {}): string[] {
  try {
    return compile(sourceOf(graph), options).warnings.map(({ step, cause, cure }) =>
      `warning: ${step === undefined ? "" : `step "${step}": `}${cause}. ${cure}`
    );
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return error.message.replaceAll(/\w+_test\.ts:\d+:\d+/g, "PLACE").split("\n");
  }
}
