import type { sliceNotebook } from "../bundle/slice_notebook.ts";
import type { SlicedModule } from "../bundle/sliced_module.ts";
import type { FunctionCode, FunctionDocument } from "../bundle/function_code.ts";
import { codeOf } from "../graph/document.ts";
import { sourceOf } from "../graph/source.ts";
import type { Plot } from "../plot/plot.ts";
import { describeUnits } from "./describe_units.ts";
import type { FunctionParts } from "./function_parts.ts";

/** Slices the notebook for a function: hands over what the function is. */
export async function sliceFunction(
  fn: { readonly name: string; toJSON(): object; plot(): Plot },
  parts: FunctionParts,
): Promise<SlicedModule> {
  const source = sourceOf(parts.graph(`take function "${fn.name}" out of its notebook`));
  const code: FunctionCode = {
    name: fn.name,
    document: JSON.parse(JSON.stringify(fn)) as FunctionDocument,
    view: fn.plot().view,
    units: describeUnits(fn),
    code: codeOf(source),
    self: fn,
    schemas: new Map(
      Object.entries({ input: source.input, output: source.output }).filter(([, one]) => one !== undefined),
    ),
    tables: parts.givenTables,
  };
  const slicing = "../bundle/slice_notebook.ts"; // in a variable: the parser would be downloaded by every program
  return await (await import(slicing) as { sliceNotebook: typeof sliceNotebook }).sliceNotebook(code);
}
